CREATE TABLE "coarsened_entry" (
	"coarsening_index" bigint NOT NULL,
	"position" integer NOT NULL,
	"log_index" bigint NOT NULL,
	"commitment" "bytea" NOT NULL,
	"hour" integer NOT NULL,
	CONSTRAINT "coarsened_entry_coarsening_index_position_pk" PRIMARY KEY("coarsening_index","position")
);
--> statement-breakpoint
ALTER TABLE "matching_class" ADD COLUMN "standing" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "coarsened_entry_of" ON "coarsened_entry" USING btree ("log_index","coarsening_index");--> statement-breakpoint
CREATE TRIGGER coarsened_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coarsened_entry FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
-- Whose record it was is told by no distribution; see 0002.
ALTER TABLE coarsened_entry ALTER COLUMN commitment SET STATISTICS 0;
--> statement-breakpoint
ALTER TABLE matching_class ALTER COLUMN class SET STATISTICS 0;
