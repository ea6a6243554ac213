-- Nothing is dropped that did not come along.
DO $$
BEGIN
  IF (SELECT coalesce(sum(length(hashes) / 32), 0) FROM log_batch) <> (SELECT count(*) FROM log_entry) THEN
    RAISE EXCEPTION 'the entries of log_entry are not all in log_batch';
  END IF;
END $$;
--> statement-breakpoint
DROP TABLE "log_entry";
