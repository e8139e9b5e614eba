// Shows the document of this server, as the caller sees it, and lets one try what it offers.
// Text from the document only ever becomes text nodes.

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const byId = (id) => document.getElementById(id)
let spec
let token = ''

/** An element with attributes and children; text stays text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...children.filter((child) => child !== undefined && child !== null))
  return made
}

/** What a reference leads to. */
function resolve(value) {
  if (!value?.$ref) return value ?? {}
  const names = value.$ref.slice(2).split('/')
  return names.reduce((at, name) => at?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], spec) ?? {}
}

const nameOf = (schema) => schema?.$ref?.split('/').pop()

/** A schema in one line. */
function inWords(schema = {}) {
  if (schema.$ref) return nameOf(schema)
  const forms = schema.anyOf ?? schema.oneOf
  if (forms) return forms.map(inWords).join(' or ')
  const types = [schema.type ?? 'anything'].flat()
  const words = types.map((type) => {
    if (type === 'array') return `list of ${inWords(schema.items)}`
    if (type === 'string' && schema.enum) return schema.enum.filter((label) => label !== null).join(' | ')
    return schema.format ? `${type} (${schema.format})` : type
  })
  return words.join(' or ')
}

/** A value of that form, to begin with. */
function sample(schema, depth = 0) {
  const known = resolve(schema)
  if (known.examples?.length) return known.examples[0]
  if (known.default !== undefined) return known.default
  if (known.enum) return known.enum[0]
  const first = known.anyOf?.[0] ?? known.oneOf?.[0]
  if (first) return sample(first, depth)
  switch ([known.type].flat()[0]) {
    case 'object': {
      if (depth > 3) return {}
      const required = new Set(known.required ?? [])
      const all = Object.entries(known.properties ?? {})
      const shown = required.size ? all.filter(([name]) => required.has(name)) : all.slice(0, 3)
      return Object.fromEntries(shown.map(([name, member]) => [name, sample(member, depth + 1)]))
    }
    case 'array': return [sample(known.items, depth + 1)]
    case 'integer': case 'number': return known.minimum > 0 ? known.minimum : 1
    case 'boolean': return true
    case 'string': return { date: '2000-01-01', 'date-time': '2000-01-01T00:00:00Z', email: 'ada@example.org',
      uuid: '00000000-0000-4000-8000-000000000000' }[known.format] ?? 'text'
    default: return null
  }
}

function members(schema) {
  const known = resolve(schema)
  const inner = [known.type].flat().includes('array') ? resolve(known.items) : known
  if (!inner.properties) return undefined
  const required = new Set(inner.required ?? [])
  const rows = Object.entries(inner.properties).map(([name, member]) => element('tr', {},
    element('td', {}, element('code', {}, name), required.has(name) ? ' *' : ''),
    element('td', {}, inWords(member)),
    element('td', { class: 'faint' }, member.description ?? '')))
  return element('details', {}, element('summary', {}, `${nameOf(schema) ?? nameOf(known.items) ?? 'members'}`),
    element('table', {}, ...rows))
}

function parametersOf(operation) {
  return (operation.parameters ?? []).map(resolve)
}

/** The form that tries an operation. */
function trial(method, path, operation) {
  const fields = new Map()
  const rows = parametersOf(operation).map((parameter) => {
    const labels = resolve(parameter.schema).enum
    const input = labels
      ? element('select', {}, element('option', { value: '' }, ''), ...labels.map((label) => element('option', {}, label)))
      : element('input', { placeholder: parameter.example ?? '', spellcheck: 'false' })
    if (parameter.required && labels) input.value = labels[0]
    input.setAttribute('aria-label', parameter.name)
    fields.set(parameter, input)
    return element('tr', {},
      element('td', {}, element('code', {}, parameter.name), parameter.required ? ' *' : '', ' ',
        element('span', { class: 'faint' }, parameter.in)),
      element('td', {}, input),
      element('td', { class: 'faint' }, parameter.description ?? ''))
  })
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  const isForm = mediaType === 'application/x-www-form-urlencoded'
  const given = content && sample(content.schema)
  const body = content && element('textarea', { spellcheck: 'false', 'aria-label': 'Body' })
  if (body) body.value = isForm ? new URLSearchParams(given ?? {}).toString() : JSON.stringify(given, null, 2)
  const output = element('div', { 'aria-live': 'polite' })
  const send = async () => {
    const request = build(method, path, fields, body?.value, mediaType)
    output.replaceChildren(element('pre', {}, asCurl(request)), element('p', { class: 'faint' }, 'waiting …'))
    try {
      const answer = await fetch(request.url, { method: request.method, headers: request.headers, body: request.body })
      const text = await answer.text()
      const range = answer.headers.get('content-range')
      output.lastChild.replaceWith(
        element('p', {}, element('strong', {}, `${answer.status} ${answer.statusText}`), range ? ` · ${range}` : ''),
        element('pre', {}, pretty(text)))
    } catch (error) {
      output.lastChild.replaceWith(element('p', {}, String(error)))
    }
  }
  return element('div', {},
    rows.length ? element('table', {}, ...rows) : undefined,
    body ? element('h3', {}, `Body, ${mediaType}`) : undefined,
    content ? members(content.schema) : undefined,
    body,
    element('p', {}, element('button', { type: 'button', onclick: send }, 'Send')),
    output)
}

function build(method, path, fields, body, mediaType) {
  const query = new URLSearchParams()
  const headers = {}
  let filled = path
  for (const [parameter, input] of fields) {
    const value = input.value
    if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(value))
    else if (value === '') continue
    else if (parameter.in === 'query') query.append(parameter.name, value)
    else if (parameter.in === 'header') headers[parameter.name] = value
  }
  if (token) headers.Authorization = `Bearer ${token}`
  if (body !== undefined && method !== 'get') headers['Content-Type'] = mediaType
  const search = query.size ? `?${query}` : ''
  return { url: new URL(filled + search, location.origin), method: method.toUpperCase(), headers,
    body: method === 'get' ? undefined : body }
}

/** The request for a shell, its credential left out. */
function asCurl({ url, method, headers, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`
  const parts = ['curl', ...(method === 'GET' ? [] : ['-X', method]), quoted(url.href)]
  for (const [name, value] of Object.entries(headers)) {
    parts.push('-H', name === 'Authorization' ? '"Authorization: Bearer $TOKEN"' : quoted(`${name}: ${value}`))
  }
  if (body !== undefined) parts.push('-d', quoted(body))
  return parts.join(' ')
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text || '(no body)'
  }
}

function answers(operation) {
  const rows = Object.entries(operation.responses).map(([status, answer]) => {
    const known = resolve(answer)
    const [, content] = Object.entries(known.content ?? {})[0] ?? []
    return element('tr', {}, element('td', {}, status), element('td', {}, known.description ?? ''),
      element('td', { class: 'faint' }, content ? inWords(content.schema) : '', content ? members(content.schema) : undefined))
  })
  return element('details', {}, element('summary', {}, 'Answers'), element('table', {}, ...rows))
}

/** An operation; what is inside is made when it is opened. */
function shown({ method, path, operation }) {
  const inside = element('div', {})
  const fill = () => {
    if (inside.childNodes.length) return
    const ways = (operation.security ?? []).map((way) => Object.keys(way)[0] ?? 'none')
    inside.append(
      ...(operation.description ?? '').split('\n\n').filter(Boolean).map((text) => element('p', {}, text)),
      element('p', { class: 'faint' }, `${operation.operationId} · credential: ${[...new Set(ways)].join(', ') || 'none'}`),
      trial(method, path, operation), answers(operation))
  }
  return element('details', { class: 'operation', id: operation.operationId, ontoggle: fill },
    element('summary', {}, element('span', { class: `method ${method}` }, method.toUpperCase()), ' ',
      element('code', {}, path), ' ', element('span', { class: 'faint' }, (operation.summary ?? '').replaceAll('`', ''))),
    inside)
}

function operations() {
  return Object.entries(spec.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method])
    .map((method) => ({ method, path, operation: item[method] })))
}

function render() {
  byId('title').textContent = spec.info.title
  byId('about').textContent = spec.info.description ?? ''
  document.title = spec.info.title
  const words = byId('find').value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = operations().filter(({ method, path, operation }) => {
    const text = `${method} ${path} ${operation.summary} ${operation.operationId} ${operation.tags}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const groups = Map.groupBy
    ? Map.groupBy(found, ({ operation }) => operation.tags?.[0] ?? 'other')
    : found.reduce((map, one) => map.set(one.operation.tags?.[0] ?? 'other', [...(map.get(one.operation.tags?.[0] ?? 'other') ?? []), one]), new Map())
  byId('tags').replaceChildren(...[...groups.keys()].map((tag) => element('a', { href: `#tag-${encodeURIComponent(tag)}` }, tag)))
  const about = new Map((spec.tags ?? []).map((tag) => [tag.name, tag.description]))
  byId('operations').replaceChildren(...[...groups].map(([tag, group]) => element('section', {},
    element('h2', { id: `tag-${encodeURIComponent(tag)}` }, tag),
    element('p', { class: 'faint' }, about.get(tag) ?? ''),
    ...group.map(shown))))
  if (!found.length) byId('operations').append(element('p', {}, 'Nothing of that name.'))
}

async function load() {
  const answer = await fetch('/openapi.json', { headers: token ? { Authorization: `Bearer ${token}` } : {} })
  if (!answer.ok) {
    const why = await answer.json().catch(() => ({}))
    byId('who').textContent = why.message ?? `${answer.status}`
    return
  }
  spec = await answer.json()
  byId('who').textContent = token ? 'with this credential' : 'without a credential'
  render()
}

byId('credential').addEventListener('submit', (event) => {
  event.preventDefault()
  token = new FormData(event.target).get('token').trim()
  load()
})
byId('find').addEventListener('input', render)
load()
