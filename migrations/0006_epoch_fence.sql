-- From the moment that a new epoch is in the database nothing more is written under an older one, by whichever process:
-- what was moved stays moved, and an old key can be destroyed. The writer takes up the new epoch and tries again.
CREATE FUNCTION motivo_newest_epoch_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.epoch < (SELECT max(number) FROM public.epoch) THEN
    RAISE EXCEPTION 'a newer epoch is open' USING ERRCODE = 'MT001';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER subject_newest_epoch_only BEFORE INSERT ON vault.subject FOR EACH ROW EXECUTE FUNCTION motivo_newest_epoch_only();
--> statement-breakpoint
CREATE TRIGGER data_key_newest_epoch_only BEFORE INSERT ON vault.data_key FOR EACH ROW EXECUTE FUNCTION motivo_newest_epoch_only();
--> statement-breakpoint
CREATE TRIGGER request_newest_epoch_only BEFORE INSERT ON vault.request FOR EACH ROW EXECUTE FUNCTION motivo_newest_epoch_only();
--> statement-breakpoint
CREATE TRIGGER notice_newest_epoch_only BEFORE INSERT ON vault.notice FOR EACH ROW EXECUTE FUNCTION motivo_newest_epoch_only();
--> statement-breakpoint
CREATE FUNCTION motivo_payload_newest_epoch_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE newest integer := (SELECT max(number) FROM public.epoch);
BEGIN
  IF newest > 1 AND EXISTS (
    SELECT 1 FROM inserted
    WHERE CASE WHEN octet_length(owner) = 44 THEN 1
      ELSE (get_byte(owner, 0) << 24) + (get_byte(owner, 1) << 16) + (get_byte(owner, 2) << 8) + get_byte(owner, 3) END < newest
  ) THEN
    RAISE EXCEPTION 'a newer epoch is open' USING ERRCODE = 'MT001';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER payload_newest_epoch_only AFTER INSERT ON vault.payload REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION motivo_payload_newest_epoch_only();
--> statement-breakpoint
ALTER TABLE vault.subject ALTER COLUMN identifier SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE epoch ALTER COLUMN sealed_up_to SET STATISTICS 0;
