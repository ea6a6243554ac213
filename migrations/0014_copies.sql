CREATE TABLE "vault"."copy" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" uuid NOT NULL,
	"kind" text NOT NULL,
	"language" text NOT NULL,
	"keys" uuid[] NOT NULL,
	"state" text NOT NULL,
	"attempt" smallint DEFAULT 0 NOT NULL,
	"held_until" timestamp with time zone NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"total" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"ready_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault"."copy_part" (
	"copy" uuid NOT NULL,
	"attempt" smallint NOT NULL,
	"file" smallint NOT NULL,
	"part" integer NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "copy_part_copy_attempt_file_part_pk" PRIMARY KEY("copy","attempt","file","part")
);
--> statement-breakpoint
ALTER TABLE "vault"."copy" ADD CONSTRAINT "copy_subject_subject_id_fk" FOREIGN KEY ("subject") REFERENCES "vault"."subject"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vault"."copy_part" ADD CONSTRAINT "copy_part_copy_copy_id_fk" FOREIGN KEY ("copy") REFERENCES "vault"."copy"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "copy_being_made" ON "vault"."copy" USING btree ("subject") WHERE "vault"."copy"."state" = 'making';--> statement-breakpoint
CREATE INDEX "copy_of_subject" ON "vault"."copy" USING btree ("subject");--> statement-breakpoint
-- As for the vault's other secrets (0002, 0004, 0013): ANALYZE would copy sampled values into pg_statistic, where they outlive the rows.
ALTER TABLE vault.copy ALTER COLUMN id SET STATISTICS 0, ALTER COLUMN subject SET STATISTICS 0, ALTER COLUMN keys SET STATISTICS 0, ALTER COLUMN sealed SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE vault.copy_part ALTER COLUMN copy SET STATISTICS 0, ALTER COLUMN sealed SET STATISTICS 0;
--> statement-breakpoint
-- Parts are compressed before they are sealed, and ciphertext does not compress: PostgreSQL need not try.
ALTER TABLE vault.copy_part ALTER COLUMN sealed SET STORAGE EXTERNAL;
