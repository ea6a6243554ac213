-- As for the vault's other secrets (0002): ANALYZE would copy sampled values into pg_statistic, where they outlive the rows.
ALTER TABLE vault.request ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN lookup SET STATISTICS 0, ALTER COLUMN open_key SET STATISTICS 0, ALTER COLUMN wrapped SET STATISTICS 0, ALTER COLUMN sealed SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.processing_stop ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN lookup SET STATISTICS 0, ALTER COLUMN request SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.notice ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN request SET STATISTICS 0, ALTER COLUMN wrapped SET STATISTICS 0, ALTER COLUMN sealed SET STATISTICS 0;
