CREATE TABLE "epoch_holder" (
	"id" uuid PRIMARY KEY NOT NULL,
	"oldest" integer NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "vault"."data_key" ADD COLUMN "epoch" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "sealed_up_to" "bytea";--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "moved_rows" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "moved_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "blind_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "gone_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "destroyed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "epoch" ADD COLUMN "destroyed_index" bigint;--> statement-breakpoint
ALTER TABLE "vault"."subject" ADD COLUMN "identifier" "bytea";--> statement-breakpoint
CREATE INDEX "subject_epoch" ON "vault"."subject" USING btree ("epoch");