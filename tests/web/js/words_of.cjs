/**
 * What the scripts named on the command line say to people, as JSON: `keys` of t() and rich() with their values,
 * `early` ones that are asked for while a module loads, `bare` strings that look like words and go through neither.
 * Reads with the parser that Node brings along (run with --expose-internals); writes nothing.
 */
const { readFileSync } = require("node:fs");
const { parse } = require("internal/deps/acorn/acorn/dist/acorn");
const { fullAncestor } = require("internal/deps/acorn/acorn-walk/dist/walk");

const WORDS = /\p{Lu}\p{Ll}+|\p{Ll}{2,},? \p{L}{2,}|\p{L} $|^ \p{L}/u;
const SAID = new Set(["aria-label", "title", "placeholder", "alt", "label", "aria-description", "aria-roledescription"]);
const SHOWN = new Set(["textContent", "innerText", "title", "placeholder", "ariaLabel", "alt", "label"]);
/** Calls whose texts are names, addresses or selectors. */
const NAMES = new Set([
  "querySelector", "querySelectorAll", "matches", "closest", "addEventListener", "removeEventListener", "setProperty", "getItem",
  "setItem", "removeItem", "get", "set", "has", "toggle", "remove", "add", "contains", "startsWith", "endsWith", "includes", "call",
  "fetch", "createElementNS", "createElement", "Event", "CustomEvent", "DOMException", "PluralRules", "hasAttribute", "getAttribute",
  "removeAttribute", "setRequestHeader", "getPropertyValue", "query", "request", "setData", "getData", "replaceState", "matchMedia", "join", "split", "icon",
]);

let says = new Set(); // what the script at hand imports from lib/ui.js: toast, ask, sure and so on
const found = { keys: [], early: [], bare: [] };
const nameOf = ({ type, name, property }) => {
  if (type === "Identifier") return name;
  return property?.type === "PrivateIdentifier" ? `#${property.name}` : property?.name ?? "";
};
const isFunction = (node) => /Function|Method|PropertyDefinition/.test(node.type);
const textOf = (node) => (node.type === "Literal" ? node.value : node.quasis.map((one) => one.value.cooked).join("{}"));
const isText = (node) => (node.type === "Literal" && typeof node.value === "string") || node.type === "TemplateLiteral";

function key(node, path, place) {
  const [text, values, count] = node.arguments;
  const at = { ...place, text: text?.type === "Literal" ? text.value : null, counted: Boolean(count) };
  at.values = values?.type === "ObjectExpression" ? values.properties.map((one) => one.key?.name ?? "...") : values ? null : [];
  found.keys.push(at);
  if (!path.some(isFunction)) found.early.push(at);
}

/** The property, attribute or call that a text stands in, or null where it is somewhere that nobody sees. */
function role(node, path) {
  let inner = node;
  for (const outer of path.slice(0, -1).reverse()) {
    if (/^(Import|Export)/.test(outer.type) && outer.source === inner) return null;
    if (outer.type === "BinaryExpression" && /^[!=]==?$|^in$/.test(outer.operator)) return null;
    if (outer.type === "SwitchCase" && outer.test === inner) return null;
    if (outer.type === "ConditionalExpression" && outer.test === inner) return null;
    if (outer.type === "MemberExpression") return null;
    if (outer.type === "Property") {
      if (outer.key === inner) return null;
      const name = outer.key.name ?? outer.key.value;
      if (SAID.has(name)) return "shown";
      if (name === "class" || name === "href" || name === "id" || name === "name" || name === "type" || name === "Accept" || /^data-/.test(name)) return null;
    }
    if (outer.type === "AssignmentExpression") return SHOWN.has(outer.left.property?.name) ? "shown" : outer.left.property?.name === "className" ? null : "text";
    if (outer.type === "CallExpression" || outer.type === "NewExpression") {
      const name = nameOf(outer.callee);
      const at = outer.arguments.indexOf(inner);
      if (name === "t" || name === "rich") return at === 0 ? null : "text";
      if (says.has(name)) return "shown";
      if (name === "setAttribute") return SAID.has(outer.arguments[0].value) && at === 1 ? "shown" : null;
      if (name === "make") return at >= 2 ? "shown" : null;
      return NAMES.has(name) ? null : "text";
    }
    if (isFunction(outer)) return "text";
    inner = outer;
  }
  return "text";
}

function look(file) {
  const source = readFileSync(file, "utf8");
  const tree = parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true });
  const ui = tree.body.filter((node) => node.type === "ImportDeclaration" && /(^|\/)ui\.js$/.test(node.source.value));
  says = new Set(ui.flatMap((node) => node.specifiers.map((one) => one.local.name)).filter((name) => !["icon", "make", "attempt"].includes(name)));
  fullAncestor(tree, (node, _state, path) => {
    const place = { file, line: node.loc.start.line };
    if (node.type === "CallExpression" && ["t", "rich"].includes(node.callee.name)) key(node, path, place);
    if (!isText(node)) return;
    const text = textOf(node);
    const seen = role(node, path);
    if (seen === "shown" ? /\p{L}{2}/u.test(text.replaceAll("{}", "")) : seen && WORDS.test(text)) found.bare.push({ ...place, text });
  });
}

for (const file of process.argv.slice(2)) look(file);
process.stdout.write(JSON.stringify(found));
