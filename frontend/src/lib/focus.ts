/** Where the focus was, and giving it back there. */
import { nextTick } from 'vue'

/**
 * Remember what has the focus. The function that comes back gives it back there, unless something else took it; where
 * that is gone or cannot take it, to what opened its menu, and else to the page's heading.
 */
export function focusAgain(): () => void {
  const before = document.activeElement
  const opener = before === null ? null : openerOf(before)
  return () => void nextTick(() => restore(before, opener))
}

/** The button of the menu or list that an element is in: those vanish once something is chosen. */
function openerOf(element: Element): Element | null {
  const box = element.closest('[role="menu"], [role="listbox"], [role="tooltip"], .el-popper')
  const id = box?.id ?? ''
  return id === '' ? null : document.querySelector(`[aria-controls="${CSS.escape(id)}"]`)
}

function restore(before: Element | null, opener: Element | null): void {
  const now = document.activeElement
  // What is about to vanish has it no more.
  const isTaken = now !== null && now !== document.body && now.closest('[class*="-leave-"]') === null
  if (isTaken && now !== before) return
  const place = [before, opener].find((one) => one instanceof HTMLElement && one !== document.body && canTake(one))
  if (place instanceof HTMLElement) place.focus()
  else if (before !== document.body) focusHeading()
}

function canTake(element: HTMLElement): boolean {
  return element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0
}

function focusHeading(): void {
  const heading = document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main, h1')
  if (heading === null) return
  if (!heading.hasAttribute('tabindex')) heading.setAttribute('tabindex', '-1')
  heading.focus({ preventScroll: true })
}
