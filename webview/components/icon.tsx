import type { VNode } from "preact";

/** A codicon; decoration only, its meaning stands in words beside it. */
export function Icon({ name, extra = "" }: { name: string; extra?: string }): VNode {
  return <span class={`codicon codicon-${name} ${extra}`.trimEnd()} aria-hidden="true" />;
}

/** A button that is only an icon; `label` is its name and its tooltip. */
export function IconButton({ name, label, onClick }: { name: string; label: string; onClick: () => void }): VNode {
  return (
    <button type="button" class="ib" aria-label={label} title={label} onClick={onClick}>
      <Icon name={name} />
    </button>
  );
}
