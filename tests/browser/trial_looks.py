"""What can be wrong with how a page stands in its window: found in the page, told in words."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import TimeoutError as NotThere

from .page import Admin

# Until a tooltip is given up.
PATIENCE_MS: Final = 3000
# Of text: it is cut off where its box is too small for it and hides the rest; then the whole must be told otherwise.
_CUT_OFF: Final = """() => {
  const told = (element) => {
    for (let at = element, up = 0; at !== null && up < 4; at = at.parentElement, up += 1) {
      if (at.title || at.hasAttribute('aria-describedby') || at.classList.contains('el-tooltip__trigger')) return true
      // A button beside it shows all of it.
      if (at.nextElementSibling?.matches('button[aria-expanded]')) return true
    }
    return element.querySelector('[title], .el-tooltip__trigger') !== null
  }
  const found = new Map()
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element)
    if (!['hidden', 'clip'].includes(style.overflowX) && !['hidden', 'clip'].includes(style.overflowY)) continue
    const {width, height} = element.getBoundingClientRect()
    // What is hidden from the eye, and there for the ear.
    if (width < 4 || height < 4 || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue
    if (element.innerText === undefined || element.innerText.trim() === '' || element.closest('svg, input')) continue
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    const box = element.getBoundingClientRect()
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      if (text.data.trim() === '') continue
      const parent = text.parentElement
      // Letters as a picture, beside the name that they are of.
      if (parent.closest('[aria-hidden="true"]')) continue
      if (!parent.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue
      // Scrolled, or drawn elsewhere: not this box's matter.
      let between = parent
      while (between !== element) {
        const flow = getComputedStyle(between)
        if (flow.overflowX !== 'visible' || flow.position === 'absolute' || flow.position === 'fixed') break
        between = between.parentElement
      }
      if (between !== element) continue
      const range = document.createRange()
      range.selectNodeContents(text)
      const part = range.getBoundingClientRect()
      if (part.width < 2) continue
      // Blanks at the end of a line hang over the edge, and there is nothing of them to see.
      const isWider = element.scrollWidth > element.clientWidth
      const beside = isWider ? Math.max(part.right - box.right, box.left - part.left) : 0
      const over = Math.max(beside, part.bottom - box.bottom - 3)
      if (over > 1 && !told(parent)) {
        const kind = `${parent.tagName.toLowerCase()}.${parent.className || element.className}`
        if (!found.has(kind)) found.set(kind, {element: parent, kind, words: text.data.trim().slice(0, 30)})
        break
      }
    }
  }
  window.cut = [...found.values()]
  return window.cut.map(({kind, words}) => ({kind, words}))
}"""
# Of what can be pressed or typed into: it stands to the right of the window, or of the box in which its table scrolls.
_BEYOND: Final = """() => {
  const found = []
  for (const element of document.querySelectorAll('main a[href], main button, main input, main [role=button]')) {
    const {right, width, height} = element.getBoundingClientRect()
    if (width < 4 || height < 4 || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue
    let edge = innerWidth
    // Tables; a strip of pictures is there for being scrolled.
    for (let at = element.closest('table'); at !== null; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== 'visible') edge = Math.min(edge, at.getBoundingClientRect().right)
    }
    const name = element.innerText.trim() || element.ariaLabel || element.title || element.className
    if (right > edge + 1) found.push(`${element.tagName.toLowerCase()}: ${name.slice(0, 40)}`)
  }
  return [...new Set(found)]
}"""
# Of what can be pressed: its name is another one than what can be read in it, so that who speaks cannot press it.
_MISNAMED: Final = """() => {
  const spoken = (text) =>
    text.normalize('NFKC').replace(/[\\p{P}\\p{S}\\p{Cf}\\s]+/gu, ' ').trim().toLowerCase()
  const found = []
  const pressed = 'a[href], button, summary, [role=button], [role=tab], [role=option]'
  for (const element of document.querySelectorAll(pressed)) {
    const label = element.getAttribute('aria-label')
    if (label === null || !element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue
    const shown = element.innerText.trim()
    if (!spoken(label).includes(spoken(shown))) found.push(`${shown}: ${label}`)
  }
  return [...new Set(found)]
}"""
# Of texts on one line that are cut: their column could be wider; and of tables that have to be scrolled.
_NARROW: Final = """() => {
  const found = []
  for (const frame of document.querySelectorAll('main table')) {
    if (frame.offsetWidth > frame.parentElement.clientWidth + 1) found.push(`all of ${frame.parentElement.ariaLabel}`)
    const cells = [...frame.querySelectorAll('tbody .short .name, tbody .short code, tbody .version .name')]
    for (const cell of cells) {
      const most = parseFloat(getComputedStyle(cell).maxWidth) || Infinity
      const isCut = cell.scrollWidth - cell.clientWidth > 1
      if (isCut && cell.clientWidth < Math.min(most, cell.scrollWidth) - 1) found.push(cell.innerText.slice(0, 40))
    }
  }
  return [...new Set(found)]
}"""


def cut_off(admin: Admin, told: set[str]) -> list[str]:
    """Texts of which a part is hidden, and that are told in full nowhere: no title, no description, no tooltip,
    no button that shows the rest.

    Of each kind one is pointed at, and a kind that was told is added to `told`: it is pointed at no more.
    """
    found = []
    for place, cut in enumerate(admin.page.evaluate(_CUT_OFF)):
        if cut["kind"] in told:
            continue
        if _has_tooltip(admin, place, cut["words"]):
            told.add(cut["kind"])
        else:
            found.append(f"cut off: {cut['kind']}: {cut['words']}")
    return found


def _has_tooltip(admin: Admin, place: int, words: str) -> bool:
    element = admin.page.evaluate_handle(f"window.cut[{place}].element").as_element()
    assert element is not None
    tooltip = admin.page.locator("[role=tooltip], .el-popper").filter(has_text=words).locator("visible=true")
    try:
        element.hover(timeout=PATIENCE_MS)
        tooltip.first.wait_for(timeout=PATIENCE_MS)
    except NotThere:
        return False
    finally:
        admin.page.mouse.move(0, 0)
    tooltip.first.wait_for(state="hidden")
    return True


def beyond(admin: Admin) -> list[str]:
    """Links, buttons and fields of the page that nobody sees before scrolling to the right."""
    return [f"beyond the edge: {text}" for text in admin.page.evaluate(_BEYOND)]


def too_wide(admin: Admin) -> list[str]:
    """By how much the page is wider than its window, if it is."""
    pixels = admin.overflow()
    return [f"{pixels} px wider than the window"] if pixels > 0 else []


def misnamed(admin: Admin) -> list[str]:
    """What can be pressed and is called otherwise than what it shows."""
    return [f"called otherwise: {text}" for text in admin.page.evaluate(_MISNAMED)]


def narrow(admin: Admin) -> list[str]:
    """Short texts in tables that are cut before their columns are as wide as they may be, and tables that scroll."""
    return [f"cut beside room: {text}" for text in admin.page.evaluate(_NARROW)]
