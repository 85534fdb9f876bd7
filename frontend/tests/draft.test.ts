import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { forget, hasDraft, useDraft } from '@/composables/useDraft'
import { DAYS, keyOf, LONGEST, MOST, read, write } from '@/lib/drafts'
import { merged } from '@/lib/merge'

const session = vi.hoisted(() => ({ user: null as { id: string } | null }))
vi.mock('@/stores/session', () => ({ useSession: () => session }))

/** A tab in which somebody is logged in, or nobody. */
function tab(id: string | null): void {
  session.user = id === null ? null : { id }
}

interface Form {
  scope: EffectScope
  values: { value: { notes: string; title: string } }
  base: { value: { notes: string; title: string } }
  draft: ReturnType<typeof useDraft>
}

function form(subject = 'review:1', start = { notes: '', title: '' }): Form {
  const scope = effectScope()
  const [values, base] = [ref({ ...start }), ref({ ...start })]
  const draft = scope.run(() =>
    useDraft(
      () => subject,
      values,
      () => base.value,
    ),
  ) as Form['draft']
  return { scope, values, base, draft }
}

async function typed(notes: string, subject?: string): Promise<Form> {
  const found = form(subject)
  found.values.value.notes = notes
  await nextTick()
  return found
}

/** What the browser tells the other tabs. */
function told(key: string | null): void {
  window.dispatchEvent(new StorageEvent('storage', { key }))
}

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  vi.useRealTimers()
  tab('ada')
})

describe('what was typed', () => {
  it('is there again after the form was left', async () => {
    ;(await typed('half a sent')).scope.stop()
    const { values, draft } = form()
    expect(values.value.notes).toBe('half a sent')
    expect([draft.isDirty, draft.restoredAt === null]).toEqual([true, false])
  })

  it('outlives the session, and is nobody else’s', async () => {
    ;(await typed('secret thoughts')).scope.stop()
    tab(null)
    expect(form().values.value.notes).toBe('')
    tab('bob')
    expect([form().values.value.notes, hasDraft('review:1')]).toEqual(['', false])
    tab('ada')
    expect(form().values.value.notes).toBe('secret thoughts')
  })

  it('stays its author’s, also where another logs in before the form is gone', async () => {
    const { values } = form()
    tab('bob')
    values.value.notes = 'of ada'
    await nextTick()
    expect(hasDraft('review:1')).toBe(false)
    tab('ada')
    expect(hasDraft('review:1')).toBe(true)
  })

  it('is of one subject', async () => {
    ;(await typed('one')).scope.stop()
    expect(form('review:2').values.value.notes).toBe('')
  })

  it('is gone once it was sent, thrown away, or taken back by hand', async () => {
    const { values, draft } = await typed('one')
    draft.sent()
    expect([values.value.notes, hasDraft('review:1')]).toEqual(['', false])
    values.value.notes = 'two'
    await nextTick()
    expect(hasDraft('review:1')).toBe(true)
    values.value.notes = ''
    await nextTick()
    expect(hasDraft('review:1')).toBe(false)
    values.value.notes = 'three'
    await nextTick()
    forget('review:1')
    expect([values.value.notes, hasDraft('review:1')]).toEqual(['', false])
  })

  it('is kept as it stands now, also where that is how it was restored', async () => {
    ;(await typed('abc')).scope.stop()
    const { values } = form()
    for (const text of ['abcd', 'abc']) {
      values.value.notes = text
      await nextTick()
    }
    expect(read(keyOf('review:1') as string)?.values).toEqual({ notes: 'abc', title: '' })
  })
})

describe('another tab', () => {
  it('shows what is typed in this one, and what is thrown away', async () => {
    const here = form()
    const key = keyOf('review:1') as string
    write(key, { at: Date.now(), base: { notes: '', title: '' }, values: { notes: 'there', title: '' } })
    told(key)
    expect(here.values.value.notes).toBe('there')
    localStorage.removeItem(key)
    told(key)
    expect(here.values.value.notes).toBe('')
  })

  it('is not told back what it told', async () => {
    const here = form()
    const key = keyOf('review:1') as string
    const kept = {
      at: 1_000_000_000_000_0,
      base: { notes: '', title: 'old' },
      values: { notes: 'there', title: 'old' },
    }
    write(key, kept)
    here.base.value = { notes: '', title: 'new' }
    told(key)
    await nextTick()
    expect(here.values.value).toEqual({ notes: 'there', title: 'new' })
    expect(read(key)).toEqual(kept)
  })
})

describe('what somebody else saved meanwhile', () => {
  it('is shown where nothing was typed, and told; what was typed stays', async () => {
    const { values, base, draft } = await typed('mine')
    base.value = { notes: 'theirs', title: 'theirs' }
    expect(values.value).toEqual({ notes: 'mine', title: 'theirs' })
    expect(draft.news).toEqual([
      { path: 'notes', theirs: 'theirs', mine: 'mine' },
      { path: 'title', theirs: 'theirs' },
    ])
    draft.discard()
    expect([values.value, draft.news]).toEqual([{ notes: 'theirs', title: 'theirs' }, []])
  })

  it('is told of a draft from before, too', async () => {
    ;(await typed('mine')).scope.stop()
    const { values, draft } = form('review:1', { notes: 'theirs', title: '' })
    expect([values.value.notes, draft.news.map(({ path }) => path)]).toEqual(['mine', ['notes']])
  })

  it('is no news where it is what was typed here', () => {
    const [then, mine] = [
      { a: { x: 1, y: [1] }, b: true },
      { a: { x: 2, y: [1] }, b: true },
    ]
    expect(merged(then, mine, mine)).toEqual({ values: mine, news: [] })
    expect(merged(then, { a: { x: 1, y: [2] }, b: true }, mine)).toEqual({
      values: { a: { x: 2, y: [2] }, b: true },
      news: [{ path: 'a.y', theirs: [2] }],
    })
  })
})

describe('drafts are bounded', () => {
  const kept = (at: number, text = 'x') => ({ at, base: {}, values: { text } })
  const names = () => Object.keys(localStorage).filter((name) => name.startsWith('microdock.draft.'))

  it('in number: the oldest go', () => {
    for (let number = 0; number < MOST + 5; number += 1) {
      expect(write(keyOf(`n${number}`) as string, kept(Date.now() - 100_000 + number))).toBe(true)
    }
    expect(names()).toHaveLength(MOST)
    expect([hasDraft('n4'), hasDraft('n5')]).toEqual([false, true])
  })

  it('in age, whosever they are', () => {
    const old = Date.now() - DAYS * 86_400_000 - 1
    write('microdock.draft.bob.old', kept(old))
    write(keyOf('old') as string, kept(old))
    expect(hasDraft('old')).toBe(false)
    write(keyOf('new') as string, kept(Date.now()))
    expect(names()).toEqual([keyOf('new')])
  })

  it('in size, and a browser that is full loses the oldest first', () => {
    const key = keyOf('long') as string
    expect(write(key, kept(1, 'x'.repeat(LONGEST)))).toBe(false)
    write(keyOf('oldest') as string, kept(Date.now() - 2))
    write(keyOf('older') as string, kept(Date.now() - 1))
    let isFull = true
    const storage = localStorage
    vi.stubGlobal('localStorage', {
      ...Object.fromEntries(['getItem', 'key', 'removeItem'].map((name) => [name, (at: never) => storage[name]?.(at)])),
      get length() {
        return storage.length
      },
      setItem(name: string, text: string) {
        if (isFull) {
          isFull = false
          throw new DOMException('', 'QuotaExceededError')
        }
        storage.setItem(name, text)
      },
    })
    expect(write(keyOf('new') as string, kept(Date.now()))).toBe(true)
    vi.unstubAllGlobals()
    expect([hasDraft('oldest'), hasDraft('older'), hasDraft('new')]).toEqual([false, true, true])
  })

  it('what is no draft is none', () => {
    for (const text of ['', '{', 'null', '[]', '{"at":"x"}', '{"at":1}']) {
      localStorage.setItem(keyOf('bad') as string, text)
      expect(hasDraft('bad')).toBe(false)
    }
  })
})
