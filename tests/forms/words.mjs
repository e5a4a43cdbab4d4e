// How a text is read, written a second time from the head of words.yaml alone, as a phone does it.
// Usage: node words.mjs < {"words": words.yaml as JSON, "texts": [...]}. Prints what each text speaks of.
import { readFileSync } from "node:fs";

const { words, texts } = JSON.parse(readFileSync(0, "utf8"));
const split = (text) => text.split(/\s+/).filter(Boolean);
const phrases = (kind) => Object.values(words[kind]).flatMap(split);

function normal(text) {
  let plain = text.normalize("NFKC").toLowerCase();
  for (const dropped of words.dropped) plain = plain.replaceAll(dropped, "");
  for (const pair of split(words.characters)) plain = plain.replaceAll(pair[0], pair[1]);
  return plain;
}

function read(text) {
  let plain = normal(text);
  for (const phrase of phrases("harmless")) plain = plain.replaceAll(phrase, " ");
  return ["sealed", "danger"].filter((kind) => phrases(kind).some((phrase) => plain.includes(phrase)));
}

console.log(JSON.stringify(texts.map(read)));
