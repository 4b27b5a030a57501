#!/bin/sh
# PrairieLearn runs this in a container for each submission: see externalGradingOptions in info.json.
set -u
grade="${GRADE:-/grade}" course="${COURSE:-/course}"
results="$grade/results/results.json"
mkdir -p "$grade/results"
echo '{"gradable": false, "format_errors": ["The grader came to no verdict: tell your instructor."]}' >"$results"

out=$(mktemp -d)
sh "$course/course/grading/plugins/grade_one" "$grade/student" "$out"
for found in "$out"/prairielearn/*.json; do
    "$course/.venv/bin/python" -I - "$found" "$out/note" <<'END' >"$results.new" && mv "$results.new" "$results"
import json, sys
found = json.load(open(sys.argv[1]))
found["message"] = "\n".join(filter(None, [open(sys.argv[2]).read().strip(), found["message"]]))
print(json.dumps(found))
END
done
