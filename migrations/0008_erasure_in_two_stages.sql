CREATE TABLE "detached_record" (
	"id" uuid PRIMARY KEY NOT NULL,
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"month" text NOT NULL,
	"body" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."detaching" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person" uuid NOT NULL,
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"month" text NOT NULL,
	"body" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."hold" (
	"id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"lookup" "bytea" NOT NULL,
	"identifier" "bytea" NOT NULL,
	"model" text,
	"ground" text NOT NULL,
	"until" text,
	"placed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."removal" (
	"id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"tag_key" "bytea" NOT NULL,
	"erased_under" integer NOT NULL,
	"entries" integer NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"after_erasure" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "retained_record" (
	"log_index" bigint PRIMARY KEY NOT NULL,
	"until" text NOT NULL,
	"duty" text NOT NULL,
	"epoch" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "erased_entry" ADD COLUMN "epoch" integer;--> statement-breakpoint
CREATE INDEX "detached_record_model" ON "detached_record" USING btree ("model","version","month");--> statement-breakpoint
CREATE INDEX "detaching_model" ON "vault"."detaching" USING btree ("model","version");--> statement-breakpoint
CREATE INDEX "hold_lookup" ON "vault"."hold" USING btree ("lookup");--> statement-breakpoint
CREATE INDEX "retained_record_until" ON "retained_record" USING btree ("until");