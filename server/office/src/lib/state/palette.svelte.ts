/** The command palette: open or not, from wherever. */
class Palette {
  open = $state(false);

  show(): void {
    this.open = true;
  }
}

export const palette = new Palette();
