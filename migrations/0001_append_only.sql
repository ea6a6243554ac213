-- The database itself refuses to rewrite the log: a bug or a stolen service credential cannot, and what a
-- superuser does is found by the checkpoints.
CREATE FUNCTION motivo_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: this table only grows', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER log_tile_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_tile FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER log_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER model_version_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON model_version FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER model_file_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON model_file FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER log_head_stays BEFORE DELETE OR TRUNCATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER erased_entry_stays BEFORE DELETE OR TRUNCATE ON erased_entry FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
-- A record may be erased, never rewritten.
CREATE TRIGGER record_not_rewritten BEFORE UPDATE OR TRUNCATE ON record FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE FUNCTION motivo_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size <= OLD.size OR NEW.vkey <> OLD.vkey THEN
    RAISE EXCEPTION 'the head of the log only grows' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER log_head_grows BEFORE UPDATE ON log_head FOR EACH ROW EXECUTE FUNCTION motivo_head_grows();
--> statement-breakpoint
-- A pending erasure is justified once; the entry that justifies it is not exchanged afterwards.
CREATE FUNCTION motivo_justified_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.erasure_index IS NOT NULL OR NEW.erasure_index IS NULL OR NEW.log_index <> OLD.log_index OR NEW.salt <> OLD.salt THEN
    RAISE EXCEPTION 'an erased entry is justified once' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER erased_entry_justified_once BEFORE UPDATE ON erased_entry FOR EACH ROW EXECUTE FUNCTION motivo_justified_once();
