CREATE TABLE "vault"."mandate" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person" "bytea" NOT NULL,
	"representative" "bytea" NOT NULL,
	"epoch" integer NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"sealed" "bytea" NOT NULL,
	"until" text NOT NULL,
	"ended_at" timestamp with time zone,
	"forget_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."one_time_code" (
	"id" uuid PRIMARY KEY NOT NULL,
	"person" "bytea" NOT NULL,
	"code" "bytea" NOT NULL,
	"tries" integer NOT NULL,
	"sent_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "vault"."opendsr_request" (
	"caller" text NOT NULL,
	"id" uuid NOT NULL,
	"request" uuid NOT NULL,
	"opened" boolean NOT NULL,
	"callbacks" text[] NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"cancelled_at" timestamp with time zone,
	CONSTRAINT "opendsr_request_caller_id_pk" PRIMARY KEY("caller","id")
);
--> statement-breakpoint
ALTER TABLE "vault"."opendsr_request" ADD CONSTRAINT "opendsr_request_request_request_id_fk" FOREIGN KEY ("request") REFERENCES "vault"."request"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mandate_person" ON "vault"."mandate" USING btree ("person");--> statement-breakpoint
CREATE INDEX "mandate_representative" ON "vault"."mandate" USING btree ("representative");--> statement-breakpoint
CREATE INDEX "mandate_epoch" ON "vault"."mandate" USING btree ("epoch");--> statement-breakpoint
CREATE INDEX "one_time_code_person" ON "vault"."one_time_code" USING btree ("person");--> statement-breakpoint
CREATE INDEX "opendsr_request_request" ON "vault"."opendsr_request" USING btree ("request");