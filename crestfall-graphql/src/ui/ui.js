'use strict'
// The endpoint stands one step above this page. Nothing is loaded from anywhere else.
const endpoint = location.pathname.replace(/\/ui\/?$/, '') || '/'
const at = (id) => document.getElementById(id)
const [query, variables, headers, answer, state] = ['query', 'variables', 'headers', 'answer', 'state'].map(at)
const types = new Map()
let running

const kept = JSON.parse(localStorage.getItem('crestfall.graphql') ?? '{}')
query.value = kept.query ?? '# Ctrl+Enter runs this\n{\n  __typename\n}\n'
variables.value = kept.variables ?? ''
// Headers hold tokens: they are forgotten with the tab.
headers.value = sessionStorage.getItem('crestfall.graphql.headers') ?? ''
const history = kept.history ?? []

function keep() {
  localStorage.setItem('crestfall.graphql', JSON.stringify({ query: query.value, variables: variables.value, history }))
  sessionStorage.setItem('crestfall.graphql.headers', headers.value)
}

function object(field, name) {
  const text = field.value.trim()
  if (!text) return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${name}: ${error.message}`)
  }
}

async function ask(body, extra, accept) {
  const controller = new AbortController()
  const response = await fetch(endpoint, {
    method: 'POST',
    signal: (running = controller).signal,
    headers: { 'Content-Type': 'application/json', Accept: accept, ...extra },
    body: JSON.stringify(body),
  })
  return response
}

async function run() {
  stop()
  keep()
  const started = performance.now()
  answer.textContent = ''
  try {
    const body = { query: query.value, variables: object(variables, 'Variables') }
    const live = /^\s*subscription\b/m.test(query.value.replaceAll(/#.*/g, ''))
    const response = await ask(body, object(headers, 'Headers'), live ? 'text/event-stream' : 'application/json')
    remember()
    if (live && response.headers.get('content-type')?.startsWith('text/event-stream')) return await follow(response)
    show(await response.text())
    state.value = `${response.status}, ${Math.round(performance.now() - started)} ms`
  } catch (error) {
    if (error.name !== 'AbortError') state.value = error.message
  }
}

// Answers of a subscription, each in place of the one before.
async function follow(response) {
  at('stop').hidden = false
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let [text, count] = ['', 0]
  for (;;) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
    const events = text.split('\n\n')
    text = events.pop()
    for (const event of events) {
      const data = event.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6))
      if (!event.startsWith('event: next')) continue
      show(data.join('\n'))
      state.value = `answer ${++count}`
    }
  }
  stop()
}

function stop() {
  running?.abort()
  running = undefined
  at('stop').hidden = true
}

function show(text) {
  try {
    answer.textContent = JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    answer.textContent = text
  }
}

function remember() {
  const known = history.indexOf(query.value)
  if (known >= 0) history.splice(known, 1)
  history.unshift(query.value)
  history.splice(30)
  keep()
  listHistory()
}

function listHistory() {
  const options = history.map((text, index) => {
    const line = text.replaceAll(/#.*/g, '').replaceAll(/\s+/g, ' ').trim().slice(0, 60)
    return new Option(line, String(index))
  })
  at('history').replaceChildren(new Option('…', ''), ...options)
}

const INTROSPECTION = `{ __schema { queryType { name } types { kind name description
  fields { name description args { name type { ...T } } type { ...T } }
  inputFields { name description type { ...T } } enumValues { name description } } } }
  fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

async function loadSchema() {
  try {
    const extra = object(headers, 'Headers')
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...extra },
      body: JSON.stringify({ query: INTROSPECTION }),
    })
    const { data } = await response.json()
    if (!data) {
      const comment = "comment on schema public is e'@graphql({\"introspection\": true})';"
      at('schema').replaceChildren(paragraph(`The schema does not show itself to this role. To change that: ${comment}`))
      return
    }
    for (const type of data.__schema.types) types.set(type.name, type)
    describe(data.__schema.queryType.name)
  } catch (error) {
    at('schema').replaceChildren(paragraph(error.message))
  }
}

const spell = (type) => (type.kind === 'NON_NULL' ? `${spell(type.ofType)}!` : type.kind === 'LIST' ? `[${spell(type.ofType)}]` : type.name)
const named = (type) => (type.ofType ? named(type.ofType) : type.name)

function made(tag, text, of) {
  const element = document.createElement(tag)
  element.textContent = text ?? ''
  if (of) element.className = of
  return element
}

const paragraph = (text) => made('p', text)

function link(name, text) {
  const button = document.createElement('button')
  button.textContent = text ?? name
  button.onclick = () => describe(name)
  return button
}

function describe(name) {
  const type = types.get(name)
  if (!type) return
  const list = document.createElement('dl')
  const roots = document.createElement('div')
  for (const root of ['Query', 'Mutation', 'Subscription']) if (types.has(root)) roots.append(link(root), ' ')
  for (const field of type.fields ?? type.inputFields ?? []) {
    const term = document.createElement('dt')
    const args = (field.args ?? []).map((arg) => `${arg.name}: ${spell(arg.type)}`)
    term.append(field.name, args.length ? `(${args.join(', ')})` : '', ': ', link(named(field.type), spell(field.type)))
    list.append(term)
    for (const arg of field.args ?? []) {
      if (types.get(named(arg.type))?.kind === 'SCALAR') continue
      const detail = document.createElement('dd')
      detail.append(`${arg.name}: `, link(named(arg.type)))
      list.append(detail)
    }
    list.append(made('dd', field.description, 'told'))
  }
  for (const value of type.enumValues ?? []) list.append(made('dt', value.name), made('dd', value.description, 'told'))
  const title = document.createElement('strong')
  title.textContent = `${type.kind.toLowerCase().replace('_', ' ')} ${name}`
  const parts = [roots, title, paragraph(type.description)]
  at('schema').replaceChildren(...parts, ...(list.childElementCount ? [list] : []))
}

at('search').oninput = ({ target }) => {
  const wanted = target.value.toLowerCase()
  if (!wanted) return describe('Query')
  const found = [...types.values()].filter(
    (type) => type.name.toLowerCase().includes(wanted) || type.fields?.some((field) => field.name.toLowerCase().includes(wanted)),
  )
  const links = found.slice(0, 100).map((type) => {
    const line = document.createElement('div')
    line.append(link(type.name))
    return line
  })
  at('schema').replaceChildren(...links)
}
at('run').onclick = run
at('stop').onclick = stop
at('history').onchange = ({ target }) => {
  if (target.value) query.value = history[Number(target.value)]
}
headers.onchange = () => {
  keep()
  loadSchema()
}
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run()
})
query.addEventListener('keydown', (event) => {
  if (event.key !== 'Tab' || event.shiftKey || event.ctrlKey) return
  event.preventDefault()
  query.setRangeText('  ', query.selectionStart, query.selectionEnd, 'end')
})
listHistory()
loadSchema()
