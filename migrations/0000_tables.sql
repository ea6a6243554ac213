CREATE SCHEMA "vault";
--> statement-breakpoint
CREATE TABLE "vault"."data_key" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" uuid NOT NULL,
	"purpose" text NOT NULL,
	"retention" text NOT NULL,
	"wrapped" "bytea" NOT NULL,
	"entries" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "epoch" (
	"number" integer PRIMARY KEY NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"key_check" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erased_entry" (
	"log_index" bigint PRIMARY KEY NOT NULL,
	"salt" "bytea" NOT NULL,
	"since_hour" integer NOT NULL,
	"erasure_index" bigint,
	"position" integer
);
--> statement-breakpoint
CREATE TABLE "idempotency_key" (
	"key_hmac" "bytea" PRIMARY KEY NOT NULL,
	"request_hmac" "bytea",
	"decision" uuid,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_checkpoint" (
	"size" bigint PRIMARY KEY NOT NULL,
	"note" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_entry" (
	"index" bigint PRIMARY KEY NOT NULL,
	"leaf" "bytea" NOT NULL,
	"leaf_hash" "bytea" NOT NULL,
	"tag" "bytea"
);
--> statement-breakpoint
CREATE TABLE "log_head" (
	"id" smallint PRIMARY KEY NOT NULL,
	"vkey" text NOT NULL,
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"frontier" "bytea" NOT NULL,
	"checkpoint" text NOT NULL,
	CONSTRAINT "log_head_is_one_row" CHECK ("log_head"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "log_tile" (
	"level" smallint NOT NULL,
	"tile" bigint NOT NULL,
	"hashes" "bytea" NOT NULL,
	"root" "bytea" NOT NULL,
	CONSTRAINT "log_tile_level_tile_pk" PRIMARY KEY("level","tile")
);
--> statement-breakpoint
CREATE TABLE "model_alias" (
	"model" text NOT NULL,
	"alias" text NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "model_alias_model_alias_pk" PRIMARY KEY("model","alias")
);
--> statement-breakpoint
CREATE TABLE "model_file" (
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"name" text NOT NULL,
	"content" "bytea" NOT NULL,
	CONSTRAINT "model_file_model_version_name_pk" PRIMARY KEY("model","version","name")
);
--> statement-breakpoint
CREATE TABLE "model_version" (
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"package_digest" "bytea" NOT NULL,
	"model_digest" "bytea" NOT NULL,
	"background_digest" "bytea" NOT NULL,
	"policy_digest" "bytea" NOT NULL,
	"published_at" timestamp with time zone NOT NULL,
	CONSTRAINT "model_version_model_version_pk" PRIMARY KEY("model","version")
);
--> statement-breakpoint
CREATE TABLE "vault"."payload" (
	"tag" "bytea" PRIMARY KEY NOT NULL,
	"owner" "bytea" NOT NULL,
	"ciphertext" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "record" (
	"id" uuid PRIMARY KEY NOT NULL,
	"log_index" bigint NOT NULL,
	"kind" text NOT NULL,
	"hour" integer NOT NULL,
	"model" text,
	"version" integer,
	"outcome" text,
	"client" text,
	"about" uuid,
	"receipt_size" bigint NOT NULL,
	"body" text NOT NULL,
	"salt" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."subject" (
	"id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"lookup" "bytea" NOT NULL,
	CONSTRAINT "subject_lookup_unique" UNIQUE("lookup")
);
--> statement-breakpoint
ALTER TABLE "vault"."data_key" ADD CONSTRAINT "data_key_subject_subject_id_fk" FOREIGN KEY ("subject") REFERENCES "vault"."subject"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "data_key_of_subject" ON "vault"."data_key" USING btree ("subject","purpose","retention");--> statement-breakpoint
CREATE INDEX "erased_entry_by" ON "erased_entry" USING btree ("erasure_index");--> statement-breakpoint
CREATE INDEX "idempotency_key_expiry" ON "idempotency_key" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "idempotency_key_decision" ON "idempotency_key" USING btree ("decision");--> statement-breakpoint
CREATE UNIQUE INDEX "log_entry_tag" ON "log_entry" USING btree ("tag");--> statement-breakpoint
CREATE UNIQUE INDEX "model_version_package" ON "model_version" USING btree ("model","package_digest");--> statement-breakpoint
CREATE UNIQUE INDEX "record_log_index" ON "record" USING btree ("log_index");--> statement-breakpoint
CREATE INDEX "record_kind" ON "record" USING btree ("kind","log_index");--> statement-breakpoint
CREATE INDEX "record_model" ON "record" USING btree ("model","version","log_index");--> statement-breakpoint
CREATE INDEX "record_about" ON "record" USING btree ("about");