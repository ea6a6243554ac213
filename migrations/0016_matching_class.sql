CREATE TABLE "matching_class" (
	"model" text NOT NULL,
	"level" integer NOT NULL,
	"class" text NOT NULL,
	"arrivals" bigint NOT NULL,
	CONSTRAINT "matching_class_model_level_class_pk" PRIMARY KEY("model","level","class")
);
