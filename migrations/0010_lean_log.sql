CREATE TABLE "log_batch" (
	"first" bigint PRIMARY KEY NOT NULL,
	"leaves" "bytea" NOT NULL,
	"hashes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "log_tag" (
	"tag" "bytea" PRIMARY KEY NOT NULL,
	"index" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "monitor_count" (
	"day" integer NOT NULL,
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"outcome" text NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "monitor_count_day_model_version_outcome_pk" PRIMARY KEY("day","model","version","outcome")
);
--> statement-breakpoint
CREATE TABLE "monitor_delta" (
	"days" integer[] NOT NULL,
	"models" text[] NOT NULL,
	"versions" integer[] NOT NULL,
	"outcomes" text[] NOT NULL,
	"counts" integer[] NOT NULL
);
--> statement-breakpoint
DROP INDEX "idempotency_key_decision";--> statement-breakpoint
DROP INDEX "record_kind";--> statement-breakpoint
DROP INDEX "record_model";--> statement-breakpoint
DROP INDEX "record_about";--> statement-breakpoint
-- Rows that are there already come along: leaves into bundles, tags to their entries, keys to their records.
INSERT INTO log_batch (first, leaves, hashes)
  SELECT min(index), string_agg(int2send(length(leaf)::smallint) || leaf, ''::bytea ORDER BY index), string_agg(leaf_hash, ''::bytea ORDER BY index)
  FROM log_entry GROUP BY index / 256;
--> statement-breakpoint
INSERT INTO log_tag (tag, index) SELECT tag, index FROM log_entry WHERE tag IS NOT NULL;
--> statement-breakpoint
INSERT INTO log_checkpoint (size, note) SELECT size, checkpoint FROM log_head ON CONFLICT DO NOTHING;
--> statement-breakpoint
ALTER TABLE "record" ADD COLUMN "key_hmac" "bytea";
--> statement-breakpoint
ALTER TABLE record DISABLE TRIGGER record_not_rewritten;
--> statement-breakpoint
UPDATE record AS r SET key_hmac = k.key_hmac FROM idempotency_key AS k WHERE k.decision = r.id;
--> statement-breakpoint
ALTER TABLE record ENABLE TRIGGER record_not_rewritten;
--> statement-breakpoint
CREATE INDEX "record_decision" ON "record" USING btree ("model","version","log_index") WHERE "record"."kind" = 'decision';--> statement-breakpoint
CREATE INDEX "record_about" ON "record" USING btree ("about") WHERE "record"."about" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "log_head" DROP COLUMN "checkpoint";
--> statement-breakpoint
CREATE TRIGGER log_batch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_batch FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
CREATE TRIGGER log_tag_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_tag FOR EACH STATEMENT EXECUTE FUNCTION motivo_refuse();
--> statement-breakpoint
-- Hashes and ciphertexts do not compress, and a row that fits its page needs no second table and index.
ALTER TABLE log_batch ALTER COLUMN leaves SET STORAGE EXTERNAL, ALTER COLUMN hashes SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
--> statement-breakpoint
ALTER TABLE log_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE vault.payload ALTER COLUMN ciphertext SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
--> statement-breakpoint
ALTER TABLE record SET (toast_tuple_target = 8160);
--> statement-breakpoint
-- The rows that every append rewrites find room on their own page, so that no index is touched.
ALTER TABLE vault.data_key SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE log_head SET (fillfactor = 10);
--> statement-breakpoint
ALTER TABLE record ALTER COLUMN key_hmac SET STATISTICS 0;
--> statement-breakpoint
-- The append of a batch in one round trip; `src/db/append-call.ts` says what each parameter is and what comes back.
-- The head is locked first, so that index, tag and idempotency key are given out to one batch at a time. Refused entries
-- leave nothing behind and the others go in. Whoever expected another head, or lost an entry, has the tree computed here
-- from the stored right edge, and gets that edge back to prove from: no retry, no lock held across a round trip.
CREATE FUNCTION motivo_append(
  expected_size bigint, expected_root bytea, new_root bytea, new_frontier bytea, new_note text,
  tile_levels int[], tile_numbers bigint[], tile_roots bytea[],
  owed_sizes bigint[], owed_notes text[],
  leaves bytea[], hashes bytea,
  ids uuid[], kinds text[], hours int[], models text[], versions int[], outcomes text[], clients text[], abouts uuid[],
  bodies text[], salts bytea[],
  tags bytea[], owners bytea[], ciphertexts bytea[], keys uuid[],
  key_hmacs bytea[], request_hmacs bytea[], expiries timestamptz[], claims int, now_at timestamptz,
  wanted_keys uuid[], wanted_from int[], wanted_counts int[],
  delta_days int[], delta_models text[], delta_versions int[], delta_outcomes text[], delta_counts int[],
  OUT first_index bigint, OUT edge bytea, OUT refused text[], OUT counters int[], OUT spent_us int
) LANGUAGE plpgsql
  -- Every statement goes by an index; a plan that was made while a table was empty must not outlive that.
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  started timestamptz := clock_timestamp();
  n int := cardinality(ids);
  head_root bytea;
  new_size bigint;
  done int;
  taken uuid[];
  peaks bytea[] := '{}';
  depth int;
  node_hash bytea;
  node bigint;
  height int;
  tile_from bigint;
BEGIN
  IF cardinality(owed_sizes) > 0 THEN
    INSERT INTO log_checkpoint (size, note) SELECT * FROM unnest(owed_sizes, owed_notes) ON CONFLICT DO NOTHING;
  END IF;
  IF n = 0 THEN RETURN; END IF;

  SELECT h.size, h.root, h.frontier INTO STRICT first_index, head_root, edge FROM log_head h WHERE h.id = 1 FOR UPDATE;

  -- A reading that an erasure overtook would leave a record about a decision that is gone.
  IF cardinality(array_remove(abouts, NULL)) > 0 THEN
    SELECT array_agg(CASE WHEN b.about IS NOT NULL AND r.id IS NULL THEN 'decision-erased' END ORDER BY b.i) INTO refused
      FROM unnest(abouts) WITH ORDINALITY AS b(about, i) LEFT JOIN record r ON r.id = b.about;
    IF cardinality(array_remove(refused, NULL)) = 0 THEN
      refused := NULL;
    ELSE
      SELECT count(*) INTO claims FROM unnest(key_hmacs) WITH ORDINALITY AS c(key_hmac, i)
        WHERE c.key_hmac IS NOT NULL AND refused[c.i] IS NULL;
    END IF;
  END IF;

  IF claims > 0 THEN
    INSERT INTO idempotency_key AS k (key_hmac, request_hmac, decision, expires_at)
      SELECT c.key_hmac, c.request_hmac, c.id, c.expires_at
        FROM unnest(key_hmacs, request_hmacs, ids, expiries) WITH ORDINALITY AS c(key_hmac, request_hmac, id, expires_at, i)
        WHERE c.key_hmac IS NOT NULL AND refused[c.i] IS NULL
      ON CONFLICT (key_hmac) DO UPDATE
        SET request_hmac = excluded.request_hmac, decision = excluded.decision, expires_at = excluded.expires_at
        WHERE k.expires_at < now_at;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done < claims THEN
      SELECT array_agg(CASE WHEN refused[c.i] IS NOT NULL THEN refused[c.i]
          WHEN c.key_hmac IS NOT NULL AND k.decision IS DISTINCT FROM c.id THEN 'idempotency-key-taken' END ORDER BY c.i) INTO refused
        FROM unnest(key_hmacs, ids) WITH ORDINALITY AS c(key_hmac, id, i) LEFT JOIN idempotency_key k ON k.key_hmac = c.key_hmac;
    END IF;
  END IF;

  -- Tags were made for numbers in a row: behind a refused entry, the next ones of the same key would leave a gap.
  IF refused IS NOT NULL THEN
    SELECT array_agg(CASE WHEN b.why IS NOT NULL THEN b.why WHEN b.key IS NOT NULL AND b.lost > 0 THEN 'tag-stale' END ORDER BY b.i)
      INTO refused
      FROM (SELECT e.key, e.i, refused[e.i] AS why, count(refused[e.i]) OVER (PARTITION BY e.key ORDER BY e.i) AS lost
            FROM unnest(keys) WITH ORDINALITY AS e(key, i)) b;
    SELECT array_agg((SELECT count(*)::int FROM unnest(keys) WITH ORDINALITY AS e(key, i) WHERE e.key = w.key AND refused[e.i] IS NULL)
        ORDER BY w.i)
      INTO wanted_counts FROM unnest(wanted_keys) WITH ORDINALITY AS w(key, i);
  END IF;
  IF cardinality(wanted_keys) > 0 THEN
    -- Before the inserts: a stale number would otherwise show as a tag given twice.
    WITH moved AS (
      UPDATE vault.data_key AS k SET entries = k.entries + w.n
        FROM unnest(wanted_keys, wanted_from, wanted_counts) AS w(id, expected, n)
        WHERE k.id = w.id AND k.entries = w.expected RETURNING k.id
    ) SELECT array_agg(moved.id) INTO taken FROM moved;
    IF coalesce(cardinality(taken), 0) < cardinality(wanted_keys) THEN
      SELECT array_agg(CASE WHEN refused[e.i] IS NOT NULL THEN refused[e.i]
          WHEN e.key IS NULL OR e.key = ANY (taken) THEN NULL
          WHEN k.id IS NULL THEN 'key-erased' ELSE 'tag-stale' END ORDER BY e.i) INTO refused
        FROM unnest(keys) WITH ORDINALITY AS e(key, i) LEFT JOIN vault.data_key k ON k.id = e.key;
    END IF;
  END IF;

  IF refused IS NOT NULL THEN
    DELETE FROM idempotency_key k USING unnest(key_hmacs, ids) WITH ORDINALITY AS c(key_hmac, id, i)
      WHERE k.key_hmac = c.key_hmac AND k.decision = c.id AND refused[c.i] IS NOT NULL;
    SELECT array_agg(k.entries ORDER BY e.i) INTO counters
      FROM unnest(keys) WITH ORDINALITY AS e(key, i) LEFT JOIN vault.data_key k ON k.id = e.key;
    SELECT count(*), array_agg(b.leaf ORDER BY b.i), string_agg(substring(hashes FROM 32 * b.i::int - 31 FOR 32), ''::bytea ORDER BY b.i),
        array_agg(b.id ORDER BY b.i), array_agg(b.kind ORDER BY b.i), array_agg(b.hour ORDER BY b.i), array_agg(b.model ORDER BY b.i),
        array_agg(b.version ORDER BY b.i), array_agg(b.outcome ORDER BY b.i), array_agg(b.client ORDER BY b.i), array_agg(b.about ORDER BY b.i),
        array_agg(b.body ORDER BY b.i), array_agg(b.salt ORDER BY b.i), array_agg(b.tag ORDER BY b.i), array_agg(b.owner ORDER BY b.i),
        array_agg(b.ciphertext ORDER BY b.i), array_agg(b.key_hmac ORDER BY b.i)
      INTO n, leaves, hashes, ids, kinds, hours, models, versions, outcomes, clients, abouts, bodies, salts, tags, owners, ciphertexts, key_hmacs
      FROM unnest(leaves, ids, kinds, hours, models, versions, outcomes, clients, abouts, bodies, salts, tags, owners, ciphertexts, key_hmacs)
        WITH ORDINALITY AS b(leaf, id, kind, hour, model, version, outcome, client, about, body, salt, tag, owner, ciphertext, key_hmac, i)
      WHERE refused[b.i] IS NULL;
    SELECT array_agg(c.day), array_agg(c.model), array_agg(c.version), array_agg(c.outcome), array_agg(c.decisions)
      INTO delta_days, delta_models, delta_versions, delta_outcomes, delta_counts
      FROM (SELECT b.hour / 24 AS day, b.model, b.version, b.outcome, count(*)::int AS decisions
            FROM unnest(kinds, hours, models, versions, outcomes) AS b(kind, hour, model, version, outcome)
            WHERE b.kind = 'decision' AND b.outcome IS NOT NULL GROUP BY 1, 2, 3, 4) c;
    IF n = 0 THEN
      edge := NULL;
      first_index := NULL;
      RETURN;
    END IF;
  END IF;
  new_size := first_index + n;

  -- Size and root: on size alone, two batches of one length on one base would fork the tree in silence.
  IF refused IS NULL AND expected_size = first_index AND expected_root = head_root THEN
    edge := NULL;
    INSERT INTO log_checkpoint (size, note) VALUES (new_size, new_note);
  ELSE
    tile_levels := '{}';
    tile_numbers := '{}';
    tile_roots := '{}';
    depth := (length(edge) - 8) / 32;
    FOR i IN 1..depth LOOP peaks[i] := substring(edge FROM 32 * i - 23 FOR 32); END LOOP;
    FOR i IN 0..n - 1 LOOP
      node_hash := substring(hashes FROM 32 * i + 1 FOR 32);
      node := first_index + i;
      height := 0;
      WHILE node & 1 = 1 LOOP
        node_hash := sha256('\x01'::bytea || peaks[depth] || node_hash);
        depth := depth - 1;
        height := height + 1;
        node := node >> 1;
        IF height & 7 = 0 THEN
          tile_levels := tile_levels || height / 8 - 1;
          tile_numbers := tile_numbers || node;
          tile_roots := tile_roots || node_hash;
        END IF;
      END LOOP;
      depth := depth + 1;
      peaks[depth] := node_hash;
    END LOOP;
    new_frontier := int8send(new_size);
    FOR i IN 1..depth LOOP new_frontier := new_frontier || peaks[i]; END LOOP;
    new_root := peaks[depth];
    FOR i IN REVERSE depth - 1..1 LOOP new_root := sha256('\x01'::bytea || peaks[i] || new_root); END LOOP;
  END IF;
  UPDATE log_head h SET size = new_size, root = new_root, frontier = new_frontier WHERE h.id = 1;

  INSERT INTO log_batch (first, leaves, hashes)
    SELECT first_index, string_agg(int2send(length(l.leaf)::int2) || l.leaf, ''::bytea ORDER BY l.i), motivo_append.hashes
    FROM unnest(motivo_append.leaves) WITH ORDINALITY AS l(leaf, i);
  INSERT INTO record (id, log_index, kind, hour, model, version, outcome, client, about, receipt_size, body, salt, key_hmac)
    SELECT b.id, first_index + b.i - 1, b.kind, b.hour, b.model, b.version, b.outcome, b.client, b.about, new_size, b.body, b.salt, b.key_hmac
    FROM unnest(ids, kinds, hours, models, versions, outcomes, clients, abouts, bodies, salts, key_hmacs)
      WITH ORDINALITY AS b(id, kind, hour, model, version, outcome, client, about, body, salt, key_hmac, i);
  INSERT INTO log_tag (tag, index)
    SELECT b.tag, first_index + b.i - 1 FROM unnest(tags) WITH ORDINALITY AS b(tag, i) WHERE b.tag IS NOT NULL;
  INSERT INTO vault.payload (tag, owner, ciphertext)
    SELECT b.tag, b.owner, b.ciphertext FROM unnest(tags, owners, ciphertexts) AS b(tag, owner, ciphertext) WHERE b.tag IS NOT NULL;
  IF cardinality(delta_counts) > 0 THEN
    INSERT INTO monitor_delta (days, models, versions, outcomes, counts)
      VALUES (delta_days, delta_models, delta_versions, delta_outcomes, delta_counts);
  END IF;

  -- Level by level: each root is a hash of the level above.
  FOR i IN 1..cardinality(tile_levels) LOOP
    tile_from := tile_numbers[i] * 256;
    IF tile_levels[i] = 0 THEN
      INSERT INTO log_tile (level, tile, hashes, root)
        SELECT 0, tile_numbers[i], string_agg(substring(b.hashes
            FROM 32 * greatest(tile_from - b.first, 0)::int + 1
            FOR 32 * (least(b.first + length(b.hashes) / 32, tile_from + 256) - greatest(b.first, tile_from))::int), ''::bytea ORDER BY b.first),
          tile_roots[i]
        FROM log_batch b
        WHERE b.first >= (SELECT max(f.first) FROM log_batch f WHERE f.first <= tile_from) AND b.first < tile_from + 256;
    ELSE
      INSERT INTO log_tile (level, tile, hashes, root)
        SELECT tile_levels[i], tile_numbers[i], string_agg(t.root, ''::bytea ORDER BY t.tile), tile_roots[i]
        FROM log_tile t WHERE t.level = tile_levels[i] - 1 AND t.tile >= tile_from AND t.tile < tile_from + 256;
    END IF;
  END LOOP;
  spent_us := 1e6 * extract(epoch FROM clock_timestamp() - started);
END $$;
