#!/bin/sh
# Writes manual pages and completions of a program into a folder.   pages.sh PROGRAM FOLDER
set -eu
program=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder/man/man1" "$folder/man/man5" "$folder/completions"
"$program" man --list | while read -r page; do
  section=${page##*.}
  "$program" man "${page%.*}" | gzip -9n > "$folder/man/man$section/$page.gz"
done
"$program" completion bash > "$folder/completions/moor"
"$program" completion zsh > "$folder/completions/_moor"
"$program" completion fish > "$folder/completions/moor.fish"
touch "$folder/made"
