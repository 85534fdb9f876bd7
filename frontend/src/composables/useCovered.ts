/** Bars that stay in view cover what lies below them: links' targets and what gets the focus are kept clear of them. */
import { onScopeDispose, watch, type Ref } from 'vue'

/** Between a bar and what was scrolled out from under it, in pixels. */
const ROOM = 12
const NAMES = ['--covered-above', '--covered-below'] as const

/**
 * Keep the heights of both bars, in pixels, in `--covered-above` (below the header) and `--covered-below` of the root.
 * A page may have the one below alone, and that for a time.
 *
 * What gets the focus beside them is scrolled out from under them: for browsers it is in the window. With
 * `scroll-padding` they would scroll for what is in the bars, too.
 */
export function useCovered(above: Ref<HTMLElement | null> | null, below: Ref<HTMLElement | null>): void {
  const root = document.documentElement.style
  const observer = new ResizeObserver(measure)

  function bars(): (HTMLElement | null)[] {
    return [above?.value ?? null, below.value]
  }

  function measure(): void {
    for (const [place, bar] of bars().entries()) {
      root.setProperty(NAMES[place]!, `${bar?.offsetHeight ?? 0}px`)
    }
  }

  function uncover({ target }: FocusEvent): void {
    const [top, bottom] = bars()
    if (!(target instanceof HTMLElement) || !bottom || (above !== null && !top)) return
    // A click is where it is: what moves away under it would not get it.
    if (!bottom.parentElement?.contains(target) || !target.matches(':focus-visible')) return
    if (top?.contains(target) || bottom.contains(target)) return
    // The box of a checkbox has no size of its own: what is seen is its label.
    const box = (target.closest('label') ?? target).getBoundingClientRect()
    const [from, to] = [top?.getBoundingClientRect().bottom ?? 0, bottom.getBoundingClientRect().top]
    if (box.height > to - from) return
    if (box.top < from) window.scrollBy(0, box.top - from - ROOM)
    else if (box.bottom > to) window.scrollBy(0, box.bottom - to + ROOM)
  }

  document.addEventListener('focusin', uncover)
  watch(
    bars,
    (now) => {
      observer.disconnect()
      for (const bar of now) if (bar !== null) observer.observe(bar)
      measure()
    },
    { flush: 'post', immediate: true },
  )
  onScopeDispose(() => {
    observer.disconnect()
    document.removeEventListener('focusin', uncover)
    for (const name of NAMES) root.removeProperty(name)
  })
}
