-- ANALYZE copies sampled values into pg_statistic, where they outlive the rows they came from: an erasure would leave
-- wrapped keys, lookups, tags and salts readable in the catalogue. Nothing is ever searched by their distribution.
ALTER TABLE vault.subject ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN lookup SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.data_key ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN subject SET STATISTICS 0, ALTER COLUMN wrapped SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.payload ALTER COLUMN tag SET STATISTICS 0, ALTER COLUMN owner SET STATISTICS 0, ALTER COLUMN ciphertext SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE record ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN about SET STATISTICS 0, ALTER COLUMN body SET STATISTICS 0, ALTER COLUMN salt SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE erased_entry ALTER COLUMN salt SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE idempotency_key ALTER COLUMN key_hmac SET STATISTICS 0, ALTER COLUMN request_hmac SET STATISTICS 0, ALTER COLUMN decision SET STATISTICS 0;
