import assert from 'node:assert/strict'
import { test } from 'node:test'
import { db } from '../support/client.mjs'

/** The ids of the rows that a filter leaves. */
async function ids(table, filter) {
  const { data, error } = await filter(db.from(table).select('id')).order('id')
  assert.equal(error, null)
  return data.map((row) => row.id)
}
const ships = (filter) => ids('ships', filter)
const ports = (filter) => ids('ports', filter)
const voyages = (filter) => ids('voyages', filter)

const cases = {
  'eq and neq': async () => {
    assert.deepEqual(await ships((q) => q.eq('name', 'Grey Heron')), [2])
    assert.deepEqual(await ships((q) => q.neq('status', 'at_sea')), [2, 3, 5])
    assert.deepEqual(await ports((q) => q.eq('name', 'St. John\'s, "Harbour"')), [4])
    assert.deepEqual(await ports((q) => q.eq('name', 'Tromsø')), [1])
    assert.deepEqual(await ships((q) => q.eq('specs->engine->>kind', 'nuclear')), [4])
  },
  'gt, gte, lt and lte compare as the column does': async () => {
    assert.deepEqual(await ships((q) => q.gt('built', 1962)), [2, 5])
    assert.deepEqual(await ships((q) => q.gte('built', 1962)), [1, 2, 5])
    assert.deepEqual(await ships((q) => q.lt('built', 1962)), [3])
    assert.deepEqual(await ships((q) => q.lte('built', 1962)), [1, 3])
    assert.deepEqual(await voyages((q) => q.gt('departed', '1980-07-03')), [3, 5])
    assert.deepEqual(await ports((q) => q.gt('depth', '12.4')), [1, 4])
  },
  'like and ilike, with any and all': async () => {
    assert.deepEqual(await ships((q) => q.like('name', 'Pol%')), [1])
    assert.deepEqual(await ships((q) => q.like('name', '*a*s')), [1, 3])
    assert.deepEqual(await ships((q) => q.ilike('name', 'pol%')), [1, 4])
    assert.deepEqual(await ships((q) => q.likeAllOf('name', ['%e%', '%o%'])), [2])
    assert.deepEqual(await ships((q) => q.likeAnyOf('name', ['Alb%', 'Kit%'])), [3, 5])
    assert.deepEqual(await ships((q) => q.ilikeAllOf('name', ['POL%', '%STAR'])), [4])
    assert.deepEqual(await ships((q) => q.ilikeAnyOf('name', ['POL%', 'gREY%'])), [1, 2, 4])
  },
  'regular expressions': async () => {
    assert.deepEqual(await ships((q) => q.regexMatch('name', '^P.*s$')), [1])
    assert.deepEqual(await ships((q) => q.regexIMatch('name', '^p')), [1, 4])
  },
  'is and isDistinct': async () => {
    assert.deepEqual(await ships((q) => q.is('refitted', null)), [3, 4])
    assert.deepEqual(await ships((q) => q.is('refitted', true)), [1])
    assert.deepEqual(await ships((q) => q.is('refitted', false)), [2, 5])
    assert.deepEqual(await ships((q) => q.filter('refitted', 'is', 'unknown')), [3, 4])
    assert.deepEqual(await ships((q) => q.filter('refitted', 'is', 'not_null')), [1, 2, 5])
    assert.deepEqual(await ships((q) => q.isDistinct('built', 1962)), [2, 3, 4, 5])
  },
  'in and notIn, with names that need quotes': async () => {
    assert.deepEqual(await ships((q) => q.in('id', [1, 3, 3, 99])), [1, 3])
    assert.deepEqual(await ships((q) => q.in('id', [])), [])
    assert.deepEqual(await ships((q) => q.notIn('status', ['at_sea', 'laid_up'])), [2, 5])
    assert.deepEqual(await ports((q) => q.in('name', ['Hull', "St. John's, \\\"Harbour\\\""])), [2, 4])
  },
  'contains, containedBy and overlaps on arrays': async () => {
    assert.deepEqual(await ships((q) => q.contains('flags', ['cargo'])), [1, 2])
    assert.deepEqual(await ships((q) => q.contains('flags', ['ice', 'cargo'])), [1])
    assert.deepEqual(await ships((q) => q.containedBy('flags', ['ice', 'cargo'])), [1, 2, 4, 5])
    assert.deepEqual(await ships((q) => q.overlaps('flags', ['sail', 'ice'])), [1, 3, 4])
  },
  'contains and containedBy on JSON': async () => {
    assert.deepEqual(await ships((q) => q.contains('specs', { engine: { kind: 'diesel' } })), [1, 2])
    assert.deepEqual(await ships((q) => q.containedBy('specs', { length: 45, beam: 9 })), [3, 5])
  },
  'ranges': async () => {
    assert.deepEqual(await ships((q) => q.contains('service', '[1970,1975)')), [1])
    assert.deepEqual(await ships((q) => q.containedBy('service', '[1960,2000)')), [1, 2])
    assert.deepEqual(await ships((q) => q.overlaps('service', '[1975,1976)')), [1, 2])
    assert.deepEqual(await ships((q) => q.rangeGt('service', '[1940,1960)')), [1, 2, 4])
    assert.deepEqual(await ships((q) => q.rangeGte('service', '[1974,1980)')), [2, 4])
    assert.deepEqual(await ships((q) => q.rangeLt('service', '[1974,1980)')), [3])
    assert.deepEqual(await ships((q) => q.rangeLte('service', '[1974,1980)')), [1, 3])
    assert.deepEqual(await ships((q) => q.rangeAdjacent('service', '[1980,1999)')), [1, 4])
  },
  'full text': async () => {
    assert.deepEqual(await voyages((q) => q.textSearch('words', 'ice & cape')), [1])
    assert.deepEqual(await voyages((q) => q.textSearch('words', 'running', { config: 'english' })), [1, 3])
    const search = (text, type) =>
      voyages((q) => q.textSearch('words', text, { type, config: 'english' }))
    assert.deepEqual(await search('heavy seas', 'plain'), [4])
    assert.deepEqual(await search('heavy ice', 'phrase'), [1])
    assert.deepEqual(await search('seas -heavy', 'websearch'), [2])
  },
  'match, not, filter': async () => {
    assert.deepEqual(await ships((q) => q.match({ status: 'at_sea', home_port_id: 1 })), [1, 4])
    assert.deepEqual(await ships((q) => q.not('built', 'is', null)), [1, 2, 3, 5])
    assert.deepEqual(await ships((q) => q.not('status', 'in', '(at_sea,in_port)')), [3])
    assert.deepEqual(await ships((q) => q.not('flags', 'cs', '{cargo}')), [3, 4, 5])
    assert.deepEqual(await ships((q) => q.filter('built', 'not.gt', 1962)), [1, 3])
  },
  'or, and their nesting': async () => {
    assert.deepEqual(await ships((q) => q.or('id.eq.1,name.ilike.kitt*')), [1, 5])
    assert.deepEqual(
      await ships((q) => q.or('and(status.eq.in_port,built.gt.1980),not.or(id.lt.4,id.gt.4)')),
      [4, 5],
    )
    assert.deepEqual(await ports((q) => q.or('name.in.("Hull","Galway"),depth.gt.14')), [2, 3, 4])
    assert.deepEqual(await ships((q) => q.gt('id', 1).or('id.eq.1,id.eq.2')), [2])
  },
  'values that look like syntax': async () => {
    for (const text of ['a.b,c', '(x)', '"', "'; drop table ships; --", '\\', 'not.eq.1', '%00é']) {
      assert.deepEqual(await ships((q) => q.eq('name', text)), [], text)
    }
  },
}

for (const [name, run] of Object.entries(cases)) test(name, run)
