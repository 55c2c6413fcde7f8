// A CSV file says what its columns are called: choose instead of typing. The server reads it again.
const field = document.querySelector("[name=column]");
const file = document.querySelector("[name=file]");
const usual = (file.dataset.usual ?? "").split(" ");
const chooser = document.createElement("select");
chooser.id = field.id;
chooser.name = field.name;

const cells = (line, separator) => {
  const found = [""];
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) found.push("");
    else found[found.length - 1] += character;
  }
  return found.map((cell) => cell.trim());
};

const start = async (blob) => {
  const bytes = new Uint8Array(await blob.slice(0, 65536).arrayBuffer());
  const encoding = { 0xff: "utf-16le", 0xfe: "utf-16be" }[bytes[0]] ?? "utf-8";
  return new TextDecoder(encoding).decode(bytes).split(/\r\n|\r|\n/);
};

const columns = async (blob) => {
  const lines = await start(blob);
  const said = /^sep=(.)\s*$/i.exec(lines[0]);
  if (said) lines.shift();
  const plain = lines[0].replace(/"[^"]*"/g, "");
  const count = (separator) => plain.split(separator).length;
  const separator = said?.[1] ?? [..."\t,;|"].reduce((a, b) => (count(b) > count(a) ? b : a), ",");
  return [cells(lines[0], separator), cells(lines[1] ?? "", separator)];
};

const option = (name, sample, value) => {
  const text = name || `column ${value}`;
  return new Option(sample ? `${text} (${sample.slice(0, 30)})` : text, value);
};

file.addEventListener("change", async () => {
  const chosen = file.files[0];
  // First of all: if this file can't be read, the columns of the last one must not stay.
  chooser.replaceWith(field);
  if (!chosen || !/\.(csv|tsv)$/i.test(chosen.name)) return;
  const [names, samples] = await columns(chosen);
  if (file.files[0] !== chosen) return;
  // By name where it is one of a kind: then the first row is known to hold names, not data.
  const value = (name, n) =>
    name && !/^\d+$/.test(name) && name.length <= 100 && names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : String(n + 1);
  chooser.replaceChildren(...names.map((name, n) => option(name, samples[n], value(name, n))));
  const likely = names.findIndex((name) => usual.includes(name.toLowerCase()));
  // No guess among several: a wrong column would be found out only when every line fails.
  if (likely < 0 && names.length > 1) chooser.prepend(new Option("Choose a column", ""));
  chooser.selectedIndex = Math.max(likely, 0);
  field.replaceWith(chooser);
});
