import { Component, type ComponentClass, type FunctionComponent, type VNode } from "preact";

/** A component that is rendered again only when a prop is another one. */
export function pure<P extends object>(Inner: FunctionComponent<P>): ComponentClass<P> {
  return class Pure extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = new Map(Object.entries(this.props));
      const after = Object.entries(next);
      return before.size !== after.length || after.some(([name, value]) => before.get(name) !== value);
    }

    override render(): VNode {
      return <Inner {...this.props} />;
    }
  };
}
