import { CONFIG_SCHEMA, type ConfigNode } from "./config-schema.ts";

type View = Readonly<Record<string, unknown>>;

/** A node as JSON Schema (draft 7), with all below it. */
export function jsonSchema(node: ConfigNode = CONFIG_SCHEMA): View {
  const { properties, values, items } = node;
  return {
    ...shallow(node),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, jsonSchema(child)])) }),
    ...(values === undefined ? {} : { additionalProperties: jsonSchema(values) }),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
  };
}

/** What a form shows beside each place, by its path; `*` stands for any name, `[]` for any place of a list. */
export function uiHints(): View {
  const hints: Record<string, View> = {};
  const visit = (node: ConfigNode, path: string): void => {
    if (path !== "") hints[path] = hint(node);
    for (const [key, child] of childrenOf(node)) visit(child, join(path, key));
  };
  visit(CONFIG_SCHEMA, "");
  return hints;
}

/** Payload of `config.schema.lookup`; undefined when there is nothing at the path. */
export function lookUp(wish: string): View | undefined {
  const keys = wish.split(/[./[\]]+/).filter(Boolean);
  let place: Place | undefined = { node: CONFIG_SCHEMA, hintPath: "" };
  for (const key of keys) place = place && step(place, key);
  if (place === undefined || keys.length === 0) return undefined;
  const { node, hintPath } = place;
  const path = keys.join(".");
  const children = childrenOf(node).map(([key, child]) => childView(key, child, path));
  return { path, schema: shallow(node), reloadKind: reloadKind(node), hint: hint(node), hintPath, children };
}

interface Place {
  readonly node: ConfigNode;
  readonly hintPath: string;
}

/** What a key names: a property, any name of an object with free names, any place of a list. */
function step({ node: { properties, values, items }, hintPath }: Place, key: string): Place | undefined {
  const property = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (property !== undefined) return { node: property, hintPath: join(hintPath, key) };
  if (values !== undefined) return { node: values, hintPath: join(hintPath, "*") };
  return items === undefined ? undefined : { node: items, hintPath: join(hintPath, "[]") };
}

function childView(key: string, child: ConfigNode, parent: string): View {
  const path = join(parent, key);
  const hasChildren = childrenOf(child).length > 0;
  const place = { key, path, type: child.type, required: false, hasChildren };
  return { ...place, reloadKind: reloadKind(child), hint: hint(child), hintPath: path };
}

function childrenOf({ properties = {}, values, items }: ConfigNode): readonly (readonly [string, ConfigNode])[] {
  return [
    ...Object.entries(properties),
    ...(values === undefined ? [] : [["*", values] as const]),
    ...(items?.properties === undefined ? [] : [["[]", items] as const]),
  ];
}

const reloadKind = (node: ConfigNode): string => (node.restart === true ? "restart" : "hot");

const hint = ({ title, description, sensitive }: ConfigNode): View => ({
  label: title,
  ...(description === "" ? {} : { help: description }),
  ...(sensitive === true ? { sensitive } : {}),
});

function shallow({ type, title, description, enum: allowed, minimum, maximum }: ConfigNode): View {
  return {
    type,
    title,
    ...(description === "" ? {} : { description }),
    ...(allowed === undefined ? {} : { enum: allowed }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);
