// Tools that read the schema: graphql-js, Relay's compiler, types for TypeScript.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as operations from '@graphql-codegen/typescript-operations'
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  parse,
  printSchema,
  validate,
  validateSchema,
} from 'graphql'
import relay from 'relay-runtime'
import { ask, bearer, schemaDocument } from '../../support/graphql.mjs'

const here = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const directory = mkdtempSync(join(tmpdir(), 'crestfall-graphql-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const document = `
  query Fleet($first: Int!, $after: Cursor) {
    shipsCollection(first: $first, after: $after, filter: { status: { eq: at_sea } }) {
      edges { node { nodeId name built specs homePort { name } } }
      pageInfo { endCursor hasNextPage }
    }
  }
  mutation Write($line: String!) {
    insertIntoLogEntriesCollection(objects: [{ shipId: 1, line: $line }]) { records { id line } }
  }
`

// What pg_graphql does not have: other rows in filters, orders and inputs, each value once.
const beyond = `
  query Homes($country: String!) {
    shipsCollection(filter: { homePort: { country: { eq: $country } } }, orderBy: [{ homePort: { name: AscNullsLast } }, { id: AscNullsLast }]) {
      edges { node { name homePort { name } } }
    }
    newest: shipsCollection(distinctOn: [status], orderBy: [{ status: AscNullsLast }, { built: DescNullsLast }]) {
      edges { node { name } }
    }
  }
  mutation Report($line: String!, $ship: Int!) {
    insertIntoLogEntriesCollection(objects: [{ shipId: $ship, line: $line }], onConflict: {}) { affectedCount }
  }
`

test('the printed schema is valid, and the one that introspection tells', async () => {
  const printed = buildSchema(schemaDocument())
  assert.deepEqual(validateSchema(printed), [])
  const { data, errors } = await ask(getIntrospectionQuery(), {}, bearer({ role: 'authenticated' }))
  assert.equal(errors, undefined)
  const told = buildClientSchema(data)
  assert.deepEqual(validateSchema(told), [])
  const names = (schema) =>
    printSchema(lexicographicSortSchema(schema))
      .replaceAll(/"""[^]*?"""\n/g, '')
      .replaceAll(/[\s,]+/g, ' ')
      .replaceAll(/\( | (?=\))/g, (space) => space.trim())
      .split('}')
  assert.deepEqual(names(told), names(printed))
})

test('graphql-codegen makes types that compile', async () => {
  const output = await codegen({
    filename: 'types.ts',
    schema: parse(schemaDocument()),
    documents: [{ location: 'fleet.graphql', document: parse(document + beyond) }],
    plugins: [{ typescript: {} }, { operations: {} }],
    pluginMap: { typescript, operations },
    config: {},
  })
  const use = `import type { FleetQuery, HomesQuery, ReportMutationVariables, WriteMutationVariables } from './types'
export const variables: WriteMutationVariables = { line: 'calm' }
export const names = (data: FleetQuery): string[] =>
  data.shipsCollection.edges.map((edge) => edge.node.name)
export const homes = (data: HomesQuery): string[] =>
  data.shipsCollection.edges.map((edge) => edge.node.homePort?.name ?? 'none')
export const report: ReportMutationVariables = { line: 'calm', ship: 1 }
// @ts-expect-error a line is a text
export const wrong: WriteMutationVariables = { line: 1 }
`
  writeFileSync(join(directory, 'types.ts'), output)
  writeFileSync(join(directory, 'use.ts'), use)
  const tsc = join(here, 'node_modules/typescript/bin/tsc')
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--typeRoots', 'none', '--target', 'es2022', '--moduleResolution', 'bundler', '--module', 'es2022']
  run(process.execPath, [tsc, ...flags, join(directory, 'use.ts')])
})

test('what goes beyond pg_graphql is valid by the schema, and answered', async () => {
  const schema = buildSchema(schemaDocument())
  assert.deepEqual(validate(schema, parse(beyond)), [])
  const role = bearer({ role: 'authenticated' })
  const query = beyond.slice(0, beyond.indexOf('mutation'))
  const { data, errors } = await ask(query, { country: 'NO' }, role)
  assert.equal(errors, undefined)
  const ships = data.shipsCollection.edges.map(({ node }) => [node.name, node.homePort.name])
  assert.deepEqual(ships, [['Polaris', 'Tromsø'], ['polar star', 'Tromsø']])
  const newest = data.newest.edges.map(({ node }) => node.name)
  assert.deepEqual(newest, ['Polaris', 'Kittiwake', 'Albatross'])
})

test("Relay's compiler understands schema and connections, and its runtime joins pages", async () => {
  const source = join(directory, 'src')
  mkdirSync(source)
  symlinkSync(join(here, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'schema.graphql'), schemaDocument())
  const config = { src: './src', language: 'javascript', schema: './schema.graphql', eagerEsModules: false }
  config.schemaConfig = { nodeInterfaceIdField: 'nodeId' }
  writeFileSync(join(directory, 'relay.config.json'), JSON.stringify(config))
  writeFileSync(
    join(source, 'Fleet.js'),
    'import { graphql } from "relay-runtime"\n' +
      'graphql`query FleetQuery { ...Fleet_ships }`\n' +
      'graphql`fragment Fleet_ships on Query\n' +
      '  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "Cursor" })\n' +
      '  @refetchable(queryName: "FleetPageQuery") {\n' +
      '  shipsCollection(first: $first, after: $after) @connection(key: "Fleet_shipsCollection") {\n' +
      '    edges { node { nodeId name homePort { name } } }\n  }\n}`\n',
  )
  run(process.execPath, [join(here, 'node_modules/relay-compiler/cli.js'), 'relay.config.json'])
  const made = readdirSync(join(source, '__generated__'))
  assert.ok(made.includes('FleetPageQuery.graphql.js'), String(made))
  assert.ok(existsSync(join(source, '__generated__/Fleet_ships.graphql.js')))

  const require = createRequire(import.meta.url)
  const compiled = (name) => require(join(source, `__generated__/${name}.graphql.js`))
  const environment = new relay.Environment({
    network: relay.Network.create(({ text }, variables) =>
      ask(text, variables, bearer({ role: 'authenticated' })),
    ),
    store: new relay.Store(new relay.RecordSource()),
    getDataID: ({ nodeId }) => nodeId,
  })
  const query = compiled('FleetQuery')
  const data = await relay.fetchQuery(environment, query, {}).toPromise()
  const selector = relay.getSingularSelector(compiled('Fleet_ships'), data)
  environment.retain(relay.createOperationDescriptor(query, {}))
  const page = () => environment.lookup(selector).data.shipsCollection
  assert.equal(page().edges.length, 2)
  const more = { first: 10, after: page().pageInfo.endCursor }
  await relay.fetchQuery(environment, compiled('FleetPageQuery'), more).toPromise()
  const nodes = page().edges.map((edge) => edge.node)
  assert.deepEqual(
    nodes.map((node) => node.name),
    ['Polaris', 'Grey Heron', 'Albatross', 'polar star', 'Kittiwake'],
  )
  assert.deepEqual(nodes.map((node) => node.homePort?.name).slice(0, 3), ['Tromsø', 'Hull', 'Galway'])
  assert.equal(page().pageInfo.hasNextPage, false)
})

function run(program, args) {
  try {
    execFileSync(program, args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    assert.fail(`${error.stdout}${error.stderr}`)
  }
}
