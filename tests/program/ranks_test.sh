#!/usr/bin/env bash
# Sweeps on MPI: the same files on 1, 2 and 4 ranks; a rank that is killed loses no finished cell; SIGTERM ends with what
# is finished and status 0; shards of a run without MPI, merged, come to the same files.
#   ranks_test.sh DIGON
set -euo pipefail
digon=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Open MPI's small shared files belong into the folder, and its ranks may be more than the cores.
export TMPDIR=$folder
on() { # RANKS WORDS…
  local ranks=$1
  shift
  mpirun --oversubscribe --bind-to none -n "$ranks" "$digon" "$@"
}
fail() {
  echo "ranks_test: $*" >&2
  exit 1
}
same() { # FOLDER FOLDER FILES…
  local a=$1 b=$2
  shift 2
  for file in "$@"; do cmp "$a/$file" "$b/$file" || fail "$a and $b differ"; done
}
cells() { # FOLDER: how many cells its store has
  "$digon" export --store "$1/results.db" --out "$1/exported" 2>/dev/null | grep -o '^[0-9]*' || echo 0
}
files="correlated/weights.safetensors correlated/correlated.csv correlated/models.csv correlated/verdict.json correlated/correlated.gp"

echo "The same bits on any number of ranks"
"$digon" reproduce correlated --threads 1 --out one >/dev/null
"$digon" optimum --features 5 --hidden 2 --density 0.1 --json >optimum1
"$digon" pack --points 14 --dim 3 --starts 12 --json >pack1
"$digon" pack --points 8 --dim 3 --energy coherence --starts 6 --json >code1
"$digon" pack --features 5 --dim 2 --energy l1 --starts 4 --json >l1
"$digon" phase --grid 8 --out phase1 >/dev/null
for ranks in 2 4; do
  on $ranks reproduce correlated --threads 1 --out "ranks$ranks" >/dev/null 2>said
  grep -q "digon: $ranks ranks computed 6 cells, [1-6] of them not on rank 0: .* messages and .* bytes" said || fail "$(cat said)"
  same one "ranks$ranks" $files
  on $ranks optimum --features 5 --hidden 2 --density 0.1 --json >"optimum$ranks" 2>/dev/null
  cmp optimum1 "optimum$ranks"
  on $ranks pack --points 14 --dim 3 --starts 12 --json 2>/dev/null | cmp - pack1
  on $ranks pack --points 8 --dim 3 --energy coherence --starts 6 --json 2>/dev/null | cmp - code1
  on $ranks pack --features 5 --dim 2 --energy l1 --starts 4 --json 2>/dev/null | cmp - l1
  on $ranks phase --grid 8 --threads 2 --out "phase$ranks" >/dev/null 2>&1
  same phase1 "phase$ranks" phase.csv boundary.csv
done

echo "Bad input is refused once, by rank 0"
status=0
on 2 optimum --features 0 >out 2>said || status=$?
[ "$status" = 2 ] || fail "status $status of bad input"
[ "$(grep -c -- "--features: '0' given" said)" = 1 ] || fail "$(cat said)"

# Waits until the store holds at least so many cells, for a minute at most.
await_cells() { # FOLDER COUNT
  for _ in $(seq 300); do
    [ "$(cells "$1")" -ge "$2" ] && return
    sleep 0.2
  done
  fail "$1 never had $2 cells"
}
ranks_of() { # FOLDER: the processes of the run, rank 0 first
  pgrep -f "^$digon reproduce phase-2-1 .*--out $1\$" | sort -n
}

echo "A rank that is killed loses no finished cell"
on 3 reproduce phase-2-1 --threads 1 --out killed >/dev/null 2>said &
run=$!
await_cells killed 40
kill -KILL "$(ranks_of killed | tail -1)"
status=0
wait $run || status=$?
[ "$status" != 0 ] || fail "a run that lost a rank ended well"
grep -q "the same command goes on with the [0-9]* cells that killed holds" said || fail "no word of how to go on: $(cat said)"
kept=$(cells killed)
[ "$kept" -ge 40 ] || fail "$kept cells are left of 40"

echo "SIGTERM ends with what is finished, and status 0"
on 3 reproduce phase-2-1 --threads 1 --out killed >/dev/null 2>said &
run=$!
await_cells killed $((kept + 20))
kill -TERM $(ranks_of killed)
status=0
wait $run || status=$?
[ "$status" = 0 ] || fail "status $status after SIGTERM: $(cat said)"
grep -q "to go on: mpirun -n 3 .*reproduce phase-2-1" said || fail "$(cat said)"
on 2 reproduce phase-2-1 --threads 1 --out killed >/dev/null 2>&1
"$digon" reproduce phase-2-1 --out whole >/dev/null
same whole killed phase-2-1/weights.safetensors phase-2-1/phase.csv phase-2-1/onset.csv phase-2-1/verdict.json

echo "Shards, merged, come to the same files"
for round in 1 2 3; do
  for shard in 1 2 3; do "$digon" reproduce correlated --shard $shard/3 --out sharded >said; done
  "$digon" merge --out sharded >merged
  grep -q "This shard's cells are computed" said || break
done
[ "$round" -gt 1 ] || fail "there was nothing to merge"
same one sharded $files
"$digon" merge --out sharded | grep -vq ": 0 new cells" && fail "a second merge is not idle"
cp -r sharded other
rm other/shard-*
"$digon" reproduce correlated --seed 1 --shard 1/3 --out other >/dev/null
cp other/shard-1-of-3.db sharded/shard-9-of-9.db
status=0
"$digon" merge --out sharded >out 2>said || status=$?
[ "$status" = 2 ] && grep -q "is of a run with other settings" said || fail "shards of two seeds were merged: $(cat said)"
status=0
"$digon" reproduce correlated --seed 2 --shard 1/3 --out other >out 2>said || status=$?
[ "$status" = 2 ] && grep -q "was begun with other settings" said || fail "a shard changed its seed: $(cat said)"
for bad in 0/3 4/3 1 a/b 1/0; do
  status=0
  "$digon" reproduce correlated --shard $bad --out bad >out 2>said || status=$?
  [ "$status" = 2 ] && grep -q -- "--shard: '$bad' given; accepted: I/N" said || fail "--shard $bad: $(cat said)"
done
echo "all as it should be"
