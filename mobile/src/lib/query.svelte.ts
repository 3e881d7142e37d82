import { engine, type Queries } from "#lib/engine.ts";

/** A live query of one component: asked again when its arguments change, ended with the component. */
export class Query<N extends keyof Queries> {
  /** Undefined until the first answer; the last answer stays while new arguments are asked. */
  result = $state.raw<Queries[N]["result"]>();

  constructor(name: N, args: () => Queries[N]["args"]) {
    $effect(() => engine().live(name, args(), (result) => (this.result = result)));
  }
}
