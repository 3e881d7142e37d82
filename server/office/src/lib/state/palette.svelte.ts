/** Something that comes over whatever is on the screen: open or not, from wherever. */
class Over {
  open = $state(false);

  show(): void {
    this.open = true;
  }
}

/** The command palette. */
export const palette = new Over();
/** What the keyboard does. */
export const keys = new Over();
