/** Whether this key belongs to the field the person is in. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof HTMLElement && event.target.matches("input, select, textarea, [contenteditable]");
}

/** A key on its own: with another one held it means something else, in the browser or in a screen reader. */
export function isPlain(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
}

/** Whether a dialog has the screen. */
export const hasDialog = (): boolean => document.querySelector("dialog[open]") !== null;
