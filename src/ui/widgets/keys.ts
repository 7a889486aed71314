/** Whether somebody types into this element, so that keys are letters and not commands. */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement;
  return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable;
}
