#!/usr/bin/env bash
# Copies of three made-up people (one decision, many, and words that no Latin font has), held against veraPDF's PDF/UA-1 profile.
# Needs Java 17 and, the first time, Maven and a network: jars are kept in VERAPDF_JARS. With --if-there it does nothing where
# Java or the jars are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

jars=${VERAPDF_JARS:-$HOME/.cache/motivo-verapdf-1.26.5}
if ! ls "$jars"/validation-model-*.jar >/dev/null 2>&1; then
  if [ "${1:-}" = --if-there ]; then
    echo "veraPDF is not here; test/pdf/verapdf.sh fetches it"
    exit 0
  fi
  mvn -q -B -f test/pdf/pom.xml dependency:copy-dependencies -DoutputDirectory="$jars"
fi
if ! command -v java >/dev/null; then
  [ "${1:-}" = --if-there ] && { echo "Java is not here"; exit 0; }
  echo "This needs Java 17" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node_modules/.bin/node test/pdf/write-copies.ts "$work"
java -cp "$jars/*" test/pdf/Validate.java "$work"/*.pdf
