CREATE TABLE "vault"."notice" (
	"id" uuid PRIMARY KEY NOT NULL,
	"request" uuid,
	"epoch" integer NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"acknowledged_at" timestamp with time zone,
	"forget_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."processing_stop" (
	"id" uuid PRIMARY KEY NOT NULL,
	"lookup" "bytea" NOT NULL,
	"kind" text NOT NULL,
	"request" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"right" text NOT NULL,
	"state" text NOT NULL,
	"lookup" "bytea" NOT NULL,
	"open_key" "bytea",
	"epoch" integer NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"due" text,
	"target" text,
	"closed_at" timestamp with time zone,
	"forget_at" timestamp with time zone,
	CONSTRAINT "request_open_key_unique" UNIQUE("open_key")
);
--> statement-breakpoint
CREATE TABLE "review_tally" (
	"id" uuid PRIMARY KEY NOT NULL,
	"reviewer" text NOT NULL,
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"result" text NOT NULL,
	"seconds" integer NOT NULL,
	"concluded_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "vault"."processing_stop" ADD CONSTRAINT "processing_stop_request_request_id_fk" FOREIGN KEY ("request") REFERENCES "vault"."request"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notice_next" ON "vault"."notice" USING btree ("state","next_attempt_at");--> statement-breakpoint
CREATE INDEX "notice_request" ON "vault"."notice" USING btree ("request");--> statement-breakpoint
CREATE UNIQUE INDEX "processing_stop_of_purpose" ON "vault"."processing_stop" USING btree ("lookup","kind");--> statement-breakpoint
CREATE INDEX "request_lookup" ON "vault"."request" USING btree ("lookup");--> statement-breakpoint
CREATE INDEX "request_state" ON "vault"."request" USING btree ("state","due");--> statement-breakpoint
CREATE INDEX "review_tally_reviewer" ON "review_tally" USING btree ("reviewer","concluded_at");