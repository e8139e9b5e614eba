// Compiled only: that supabase-js takes the generated types, and what it makes of them.
import { createClient, type QueryData } from '@supabase/supabase-js'
import { Constants, type Database, type Enums, type Tables, type TablesInsert } from './database.js'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>) {}

const client = createClient<Database>('http://localhost', 'key')

export async function rows() {
  const films = client.from('films').select('title, year, directors(name), posters(image), reviews(stars)')
  const { data } = await films.gte('year', 2000)
  same<
    NonNullable<typeof data>[number],
    {
      title: string
      year: number
      directors: { name: string }
      posters: { image: string } | null
      reviews: { stars: number }[]
    }
  >(true)
  type Film = QueryData<typeof films>[number]
  same<Film['directors'], { name: string }>(true)

  const { data: whole } = await client.from('films').select('*').single()
  same<NonNullable<typeof whole>['genre'], 'drama' | 'comedy' | 'science-fiction'>(true)
  same<NonNullable<typeof whole>['budget'], { amount: number | null; currency: string | null } | null>(true)

  const { data: cast } = await client.from('films').select('actors(name), "odd name"')
  same<NonNullable<typeof cast>[number]['actors'], { name: string }[]>(true)

  const { data: premieres } = await client
    .from('premieres')
    .select('city:cities!premieres_city_id_fkey(name), planned:cities!premieres_planned_city_id_fkey(name)')
  same<NonNullable<typeof premieres>[number]['city'], { name: string }>(true)

  const { data: recent } = await client.from('recent_films').select('director, image')
  same<NonNullable<typeof recent>[number], { director: string; image: string | null }>(true)

  // @ts-expect-error a column that there is not
  const { data: wrong } = await client.from('films').select('titel').then((r) => ({ data: r.data![0].title }))
  // @ts-expect-error a table that there is not
  client.from('filmz')
  // @ts-expect-error a value of another type
  client.from('films').select().eq('year', { a: 1 })
  return wrong
}

export async function writes() {
  await client.from('films').insert({ title: 'a', year: 2000, director_id: 1, genre: 'comedy' })
  // @ts-expect-error a required column is missing
  await client.from('films').insert({ title: 'a' })
  // @ts-expect-error a generated column
  await client.from('films').insert({ title: 'a', year: 2000, director_id: 1, id: 1 })
  // @ts-expect-error no label of the enum
  await client.from('films').update({ genre: 'western' }).eq('id', 1)
  // @ts-expect-error a view that takes no rows
  await client.from('recent_films').insert({ title: 'a' })
}

export async function functions() {
  const { data: sum } = await client.rpc('add_numbers', { a: 1 })
  same<typeof sum, number | null>(true)
  const { data: years } = await client.rpc('films_by_year', { since: 2000 })
  same<NonNullable<typeof years>[number], { year: number; films: number }>(true)
  const { data: of } = await client.rpc('films_of', { director: 1 }).select('title')
  same<NonNullable<typeof of>[number], { title: string }>(true)
  const { data: kinds } = await client.rpc('kinds')
  same<NonNullable<typeof kinds>[number], Enums<'genre'>>(true)
  // @ts-expect-error an argument is missing
  await client.rpc('add_numbers', {})
}

export const actor: Tables<'actors'> = { id: 1, name: 'a' }
export const insert: TablesInsert<'actors'> = { name: 'a' }
export const labels: readonly Enums<'genre'>[] = Constants.public.Enums.genre
