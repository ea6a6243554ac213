CREATE TRIGGER removal_newest_epoch_only BEFORE INSERT ON vault.removal FOR EACH ROW EXECUTE FUNCTION motivo_newest_epoch_only();
--> statement-breakpoint
CREATE TRIGGER hold_newest_epoch_only BEFORE INSERT ON vault.hold FOR EACH ROW EXECUTE FUNCTION motivo_newest_epoch_only();
--> statement-breakpoint
ALTER TABLE vault.removal ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN tag_key SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.hold ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN lookup SET STATISTICS 0, ALTER COLUMN identifier SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.detaching ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN person SET STATISTICS 0, ALTER COLUMN body SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE detached_record ALTER COLUMN body SET STATISTICS 0;
