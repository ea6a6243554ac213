-- As for the vault's other secrets (0002, 0004): ANALYZE would copy sampled values into pg_statistic, where they outlive the rows.
ALTER TABLE vault.mandate ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN person SET STATISTICS 0, ALTER COLUMN representative SET STATISTICS 0, ALTER COLUMN wrapped SET STATISTICS 0, ALTER COLUMN sealed SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.one_time_code ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN person SET STATISTICS 0, ALTER COLUMN code SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.opendsr_request ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN request SET STATISTICS 0;
