import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { focusAgain } from '@/lib/focus'

const at = (id: string) => document.getElementById(id) as HTMLElement

beforeEach(() => {
  document.body.innerHTML = `
    <main><h1 id="heading">Users</h1><button id="opener" aria-controls="menu">…</button><button id="other"></button></main>
    <div id="menu" role="menu" class="el-popper"><button id="item">Disable</button></div>`
  // What has no layout has no place either: all of this has one.
  Element.prototype.getClientRects = () => [{}] as unknown as DOMRectList
})
afterEach(() => (document.body.innerHTML = ''))

async function focusAfter(id: string, change: () => void): Promise<string> {
  at(id).focus()
  const giveBack = focusAgain()
  change()
  giveBack()
  await nextTick()
  await nextTick()
  return document.activeElement?.id ?? ''
}

describe('the focus goes back', () => {
  it('to where it was', async () => {
    expect(await focusAfter('other', () => at('other').blur())).toBe('other')
  })
  it('to what opened the menu whose item is gone', async () => {
    expect(await focusAfter('item', () => at('menu').remove())).toBe('opener')
  })
  it('to the heading where all of that is gone', async () => {
    expect(await focusAfter('opener', () => at('opener').remove())).toBe('heading')
  })
  it('to the heading where it was but cannot be any more', async () => {
    expect(await focusAfter('other', () => (at('other') as HTMLButtonElement).setAttribute('disabled', ''))).toBe(
      'heading',
    )
  })
  it('nowhere, where something else took it', async () => {
    expect(await focusAfter('other', () => at('opener').focus())).toBe('opener')
  })
})
