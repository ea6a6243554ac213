CREATE TABLE "checkpoint_stamp" (
	"size" bigint PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"token" "bytea" NOT NULL,
	"stamped_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_alarm" (
	"id" uuid PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"detail" text NOT NULL,
	"raised_at" timestamp with time zone NOT NULL,
	"cleared_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "log_key" (
	"number" smallint PRIMARY KEY NOT NULL,
	"vkey" text NOT NULL,
	"until" text NOT NULL,
	"entry" bigint NOT NULL,
	"note" text NOT NULL,
	CONSTRAINT "log_key_vkey_unique" UNIQUE("vkey")
);
--> statement-breakpoint
CREATE TABLE "published_checkpoint" (
	"id" smallint PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"note" text NOT NULL,
	"published_at" timestamp with time zone NOT NULL,
	CONSTRAINT "published_checkpoint_is_one_row" CHECK ("published_checkpoint"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "witness_state" (
	"vkey" text PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"answer" text NOT NULL,
	"asked_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
-- What was published is not taken back, and what was signed or said of the log stays.
CREATE FUNCTION motivo_published_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
    RAISE EXCEPTION 'a published checkpoint only grows' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER published_checkpoint_grows BEFORE UPDATE ON published_checkpoint FOR EACH ROW EXECUTE FUNCTION motivo_published_grows();
--> statement-breakpoint
CREATE TRIGGER published_checkpoint_stays BEFORE DELETE OR TRUNCATE ON published_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER log_key_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_key FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER checkpoint_stamp_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint_stamp FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER log_alarm_stays BEFORE DELETE OR TRUNCATE ON log_alarm FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
