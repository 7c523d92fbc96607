import type { TargetedEvent, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { ModelOption, PanelState } from "../../protocol/webview/contract.ts";
import { showUnseen } from "../markdown/escape.ts";
import { tokenCount } from "../state/format.ts";
import { Icon } from "./icon.tsx";

/** The model of this session: a name, and where the Gateway lets us, a menu to choose another. */
export function ModelPicker({ panel }: { panel: PanelState }): VNode | null {
  const { store, t } = useUi();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const models = store.models.value;
  if (!panel.hasModel) {
    return (
      <span class="model">
        <Icon name="warning" extra="warn" />
        {t("panel.noModel.short")}
      </span>
    );
  }
  if (panel.model === undefined) return null;
  const model = showUnseen(panel.model);
  const label = t("panel.composer.model", { model });
  if (models.length < 2 || !panel.sessionActions.includes("choose-model")) {
    return (
      <span class="model" title={label}>
        <span class="clip">{model}</span>
      </span>
    );
  }
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      {open && <Menu models={models} current={panel.modelRef} onClose={close} />}
      <button
        type="button"
        ref={button}
        class={open ? "tb is-open" : "tb"}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!open)}
      >
        <span class="clip">{model}</span>
        <Icon name="chevron-down" extra="s12" />
      </button>
    </>
  );
}

interface MenuProps {
  readonly models: readonly ModelOption[];
  readonly current: string | undefined;
  readonly onClose: () => void;
}

function Menu({ models, current, onClose }: MenuProps): VNode {
  const { t, post } = useUi();
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const rows = menu.current?.querySelectorAll<HTMLElement>("[role=menuitemradio]");
    (menu.current?.querySelector<HTMLElement>("[aria-checked=true]") ?? rows?.[0])?.focus();
  }, []);
  useEffect(() => {
    const onPress = (event: PointerEvent): void => {
      if (event.target instanceof Node && !menu.current?.parentElement?.contains(event.target)) onClose();
    };
    document.addEventListener("pointerdown", onPress);
    return () => document.removeEventListener("pointerdown", onPress);
  }, [onClose]);
  const onKeyDown = (event: TargetedEvent<HTMLDivElement, KeyboardEvent>): void => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const to = rowAfter(event.key, at, rows.length);
    if (event.key === "Escape" || event.key === "Tab") onClose();
    else if (to !== undefined) rows.at(to)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const providers = [...new Set(models.map(({ provider }) => provider))];
  return (
    <div class="pop above menu" ref={menu} role="menu" aria-label={t("panel.model.menu")} onKeyDown={onKeyDown}>
      <div class="list" role="presentation">
        {providers.map((provider) => (
          <div key={provider} role="group" aria-label={showUnseen(provider)}>
            <p class="group" aria-hidden="true">
              {showUnseen(provider)}
            </p>
            <div class="opts" role="presentation">
              {models
                .filter((model) => model.provider === provider)
                .map((model) => (
                  <Choice
                    key={model.ref}
                    model={model}
                    isCurrent={model.ref === current}
                    onChoose={() => {
                      if (model.ref !== current) post({ type: "chooseModel", model: model.ref });
                      onClose();
                    }}
                  />
                ))}
            </div>
          </div>
        ))}
      </div>
      <p class="hint">{t("panel.model.hint")}</p>
    </div>
  );
}

/** Arrows go round, Home and End to the ends; `undefined` for a key that is none of them. */
function rowAfter(key: string, at: number, count: number): number | undefined {
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return at - 1;
  if (key === "Home") return 0;
  return key === "End" ? -1 : undefined;
}

function Choice({
  model,
  isCurrent,
  onChoose,
}: {
  model: ModelOption;
  isCurrent: boolean;
  onChoose: () => void;
}): VNode {
  const { locale } = useUi();
  return (
    <button
      type="button"
      class="opt"
      role="menuitemradio"
      aria-checked={isCurrent}
      aria-disabled={!model.isAvailable}
      tabIndex={-1}
      title={showUnseen(model.ref)}
      onClick={model.isAvailable ? onChoose : undefined}
    >
      {isCurrent ? <Icon name="check" /> : <span />}
      <span class={model.isAvailable ? "clip" : "clip quiet"}>{showUnseen(model.name)}</span>
      <span class="num small quiet">
        {model.contextTokens !== undefined && tokenCount(locale, model.contextTokens)}
      </span>
    </button>
  );
}
