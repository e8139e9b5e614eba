// The types of the database, for supabase-js: createClient<Database>(url, key).
// Made by `crestfall gen types --lang typescript`: changes are lost when it is made again.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  public: {
    Tables: {
      actors: {
        Row: {
          id: number
          name: string
        }
        Insert: {
          id?: number
          name: string
        }
        Update: {
          id?: number
          name?: string
        }
        Relationships: []
      }
      cities: {
        Row: {
          id: number
          name: string
        }
        Insert: {
          id: number
          name: string
        }
        Update: {
          id?: number
          name?: string
        }
        Relationships: []
      }
      /** Who makes films */
      directors: {
        Row: {
          id: number
          /** As credited */
          name: string
          born: string | null
        }
        Insert: {
          id?: number
          name: string
          born?: string | null
        }
        Update: {
          id?: number
          name?: string
          born?: string | null
        }
        Relationships: []
      }
      /**
       * Films
       *
       * Of all times.
       */
      films: {
        Row: {
          id: number
          title: string
          /** Of the first showing; see [the rules] for <festivals> */
          year: number
          director_id: number
          genre: Database['public']['Enums']['genre']
          score: number | null
          budget: Database['public']['CompositeTypes']['money_amount'] | null
          facts: Json
          tags: string[]
          released: string
          code: string
          sequel_of: number | null
          length: number | null
          slug: string | null
          'odd name': string | null
          /** A word of many languages */
          type: string | null
          age: number | null
        }
        Insert: {
          id?: never
          title: string
          year: number
          director_id: number
          genre?: Database['public']['Enums']['genre']
          score?: number | null
          budget?: Database['public']['CompositeTypes']['money_amount'] | null
          facts?: Json
          tags?: string[]
          released?: string
          code?: string
          sequel_of?: number | null
          length?: number | null
          slug?: never
          'odd name'?: string | null
          type?: string | null
        }
        Update: {
          id?: never
          title?: string
          year?: number
          director_id?: number
          genre?: Database['public']['Enums']['genre']
          score?: number | null
          budget?: Database['public']['CompositeTypes']['money_amount'] | null
          facts?: Json
          tags?: string[]
          released?: string
          code?: string
          sequel_of?: number | null
          length?: number | null
          slug?: never
          'odd name'?: string | null
          type?: string | null
        }
        Relationships: [
          {
            foreignKeyName: 'films_director_id_fkey'
            columns: ['director_id']
            isOneToOne: false
            referencedRelation: 'directors'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'films_sequel_of_fkey'
            columns: ['sequel_of']
            isOneToOne: false
            referencedRelation: 'film_titles'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'films_sequel_of_fkey'
            columns: ['sequel_of']
            isOneToOne: false
            referencedRelation: 'films'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'films_sequel_of_fkey'
            columns: ['sequel_of']
            isOneToOne: false
            referencedRelation: 'recent_films'
            referencedColumns: ['id']
          },
        ]
      }
      posters: {
        Row: {
          film_id: number
          image: string
        }
        Insert: {
          film_id: number
          image: string
        }
        Update: {
          film_id?: number
          image?: string
        }
        Relationships: [
          {
            foreignKeyName: 'posters_film_id_fkey'
            columns: ['film_id']
            isOneToOne: true
            referencedRelation: 'film_titles'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'posters_film_id_fkey'
            columns: ['film_id']
            isOneToOne: true
            referencedRelation: 'films'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'posters_film_id_fkey'
            columns: ['film_id']
            isOneToOne: true
            referencedRelation: 'recent_films'
            referencedColumns: ['id']
          },
        ]
      }
      premieres: {
        Row: {
          id: number
          film_id: number
          city_id: number
          planned_city_id: number | null
        }
        Insert: {
          id: number
          film_id: number
          city_id: number
          planned_city_id?: number | null
        }
        Update: {
          id?: number
          film_id?: number
          city_id?: number
          planned_city_id?: number | null
        }
        Relationships: [
          {
            foreignKeyName: 'premieres_city_id_fkey'
            columns: ['city_id']
            isOneToOne: false
            referencedRelation: 'cities'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'premieres_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'film_titles'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'premieres_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'films'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'premieres_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'recent_films'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'premieres_planned_city_id_fkey'
            columns: ['planned_city_id']
            isOneToOne: false
            referencedRelation: 'cities'
            referencedColumns: ['id']
          },
        ]
      }
      reviews: {
        Row: {
          id: number
          film_id: number
          stars: number
          text: string | null
        }
        Insert: {
          id?: never
          film_id: number
          stars: number
          text?: string | null
        }
        Update: {
          id?: never
          film_id?: number
          stars?: number
          text?: string | null
        }
        Relationships: [
          {
            foreignKeyName: 'reviews_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'film_titles'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'reviews_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'films'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'reviews_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'recent_films'
            referencedColumns: ['id']
          },
        ]
      }
      roles: {
        Row: {
          film_id: number
          actor_id: number
          character: string | null
        }
        Insert: {
          film_id: number
          actor_id: number
          character?: string | null
        }
        Update: {
          film_id?: number
          actor_id?: number
          character?: string | null
        }
        Relationships: [
          {
            foreignKeyName: 'roles_actor_id_fkey'
            columns: ['actor_id']
            isOneToOne: false
            referencedRelation: 'actors'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'roles_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'film_titles'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'roles_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'films'
            referencedColumns: ['id']
          },
          {
            foreignKeyName: 'roles_film_id_fkey'
            columns: ['film_id']
            isOneToOne: false
            referencedRelation: 'recent_films'
            referencedColumns: ['id']
          },
        ]
      }
    }
    Views: {
      film_titles: {
        Row: {
          id: number
          title: string
          'odd name': string
        }
        Insert: {
          id?: number
          title?: string
          'odd name'?: string
        }
        Update: {
          id?: number
          title?: string
          'odd name'?: string
        }
        Relationships: []
      }
      /** Films since 2000 */
      recent_films: {
        Row: {
          id: number
          title: string
          director: string
          image: string | null
          total: number | null
          minutes: number
        }
        Relationships: []
      }
    }
    Functions: {
      /** The sum of two numbers */
      add_numbers: {
        Args: {
          a: number
          b?: number
        }
        Returns: number
      }
      describe:
        | {
          Args: {
            thing: number
          }
          Returns: string
        }
        | {
          Args: {
            thing: string
          }
          Returns: string
        }
      echo: {
        Args: {
          '': Json
        }
        Returns: Json
      }
      films_by_year: {
        Args: {
          since?: number
        }
        Returns: {
          year: number
          films: number
        }[]
      }
      films_of: {
        Args: {
          director: number
        }
        Returns: (Database['public']['Tables'] & Database['public']['Views'])['films']['Row'][]
        SetofOptions: {
          from: '*'
          to: 'films'
          isOneToOne: false
          isSetofReturn: true
        }
      }
      kinds: {
        Args: never
        Returns: Database['public']['Enums']['genre'][]
      }
      newest_film: {
        Args: never
        Returns: (Database['public']['Tables'] & Database['public']['Views'])['films']['Row']
        SetofOptions: {
          from: '*'
          to: 'films'
          isOneToOne: true
          isSetofReturn: false
        }
      }
      rename_film: {
        Args: {
          film: number
          title: string
        }
        Returns: undefined
      }
    }
    Enums: {
      /** What kind of film it is */
      genre: 'drama' | 'comedy' | 'science-fiction'
    }
    CompositeTypes: {
      /** An amount and its currency */
      money_amount: {
        amount: number | null
        currency: string | null
      }
    }
  }
  odd: {
    Tables: {
      empty: {
        Row: {
        }
        Insert: {
        }
        Update: {
        }
        Relationships: []
      }
      functions: {
        Row: {
          id: number
          type: number
        }
        Insert: {
          id: number
          type: number
        }
        Update: {
          id?: number
          type?: number
        }
        Relationships: [
          {
            foreignKeyName: 'functions_type_fkey'
            columns: ['type']
            isOneToOne: false
            referencedRelation: 'enums'
            referencedColumns: ['fn']
          },
          {
            foreignKeyName: 'functions_type_fkey'
            columns: ['type']
            isOneToOne: false
            referencedRelation: 'type'
            referencedColumns: ['self']
          },
        ]
      }
      /**
       * A table
       * ```
       * let not = rust;
       * ```
       * * / """ `x` \
       */
      type: {
        Row: {
          self: number
          Self: number
          TABLE: string
          Table: string | null
          value: number | null
          new: string
          '1st': boolean | null
          'a b': number | null
          a_b: number | null
          'a-b': number | null
          '!': string | null
          'größe': number | null
          'it\'s "quoted"': string | null
          mood: Database['odd']['Enums']['mood']
          moods: Database['odd']['Enums']['mood'][]
          odd_type: Database['odd']['CompositeTypes']['Odd type'] | null
          odd_types: Database['odd']['CompositeTypes']['Odd type'][] | null
          genre: Database['public']['Enums']['genre'] | null
          ids: string[] | null
          parent: number | null
          film: number | null
        }
        Insert: {
          self: number
          Self: number
          TABLE: string
          Table?: string | null
          value?: number | null
          new: string
          '1st'?: boolean | null
          'a b'?: number | null
          a_b?: number | null
          'a-b'?: number | null
          '!'?: string | null
          'größe'?: number | null
          'it\'s "quoted"'?: string | null
          mood?: Database['odd']['Enums']['mood']
          moods?: Database['odd']['Enums']['mood'][]
          odd_type?: Database['odd']['CompositeTypes']['Odd type'] | null
          odd_types?: Database['odd']['CompositeTypes']['Odd type'][] | null
          genre?: Database['public']['Enums']['genre'] | null
          ids?: string[] | null
          parent?: number | null
          film?: number | null
        }
        Update: {
          self?: number
          Self?: number
          TABLE?: string
          Table?: string | null
          value?: number | null
          new?: string
          '1st'?: boolean | null
          'a b'?: number | null
          a_b?: number | null
          'a-b'?: number | null
          '!'?: string | null
          'größe'?: number | null
          'it\'s "quoted"'?: string | null
          mood?: Database['odd']['Enums']['mood']
          moods?: Database['odd']['Enums']['mood'][]
          odd_type?: Database['odd']['CompositeTypes']['Odd type'] | null
          odd_types?: Database['odd']['CompositeTypes']['Odd type'][] | null
          genre?: Database['public']['Enums']['genre'] | null
          ids?: string[] | null
          parent?: number | null
          film?: number | null
        }
        Relationships: [
          {
            foreignKeyName: 'type_parent_fkey'
            columns: ['parent']
            isOneToOne: false
            referencedRelation: 'enums'
            referencedColumns: ['fn']
          },
          {
            foreignKeyName: 'type_parent_fkey'
            columns: ['parent']
            isOneToOne: false
            referencedRelation: 'type'
            referencedColumns: ['self']
          },
        ]
      }
    }
    Views: {
      enums: {
        Row: {
          fn: number
          mood: Database['odd']['Enums']['mood']
          moods: Database['odd']['Enums']['mood'][]
        }
        Insert: {
          fn?: number
          mood?: Database['odd']['Enums']['mood']
          moods?: Database['odd']['Enums']['mood'][]
        }
        Update: {
          fn?: number
          mood?: Database['odd']['Enums']['mood']
          moods?: Database['odd']['Enums']['mood'][]
        }
        Relationships: []
      }
    }
    Functions: {
      moods: {
        Args: {
          list?: Database['odd']['Enums']['mood'][]
        }
        Returns: Database['odd']['CompositeTypes']['Odd type'][]
      }
      new: {
        Args: {
          self: number
          type?: Database['odd']['Enums']['mood']
        }
        Returns: Database['odd']['Enums']['mood']
      }
      out: {
        Args: {
          a: number
        }
        Returns: {
          b: number
          'c d': string
        }
      }
      void: {
        Args: never
        Returns: undefined
      }
    }
    Enums: {
      mood: '' | 'self' | 'Self' | 'self ' | '1st' | 'say "hi"' | 'ok'
    }
    CompositeTypes: {
      'Odd type': {
        'a b': number | null
        a_b: Database['odd']['Enums']['mood'] | null
        type: string | null
      }
    }
  }
}

type Main = Database['public']
type Readable = Main['Tables'] & Main['Views']

/** A row of a table or view. */
export type Tables<Name extends keyof Readable> = Readable[Name] extends { Row: infer Row } ? Row : never

/** A new row of a table or view. */
export type TablesInsert<Name extends keyof Readable> = Readable[Name] extends { Insert: infer Insert }
  ? Insert
  : never

/** New values of some columns of a table or view. */
export type TablesUpdate<Name extends keyof Readable> = Readable[Name] extends { Update: infer Update }
  ? Update
  : never

/** An enum. */
export type Enums<Name extends keyof Main['Enums']> = Main['Enums'][Name]

/** A composite type. */
export type CompositeTypes<Name extends keyof Main['CompositeTypes']> = Main['CompositeTypes'][Name]

/** The labels of enums. */
export const Constants = {
  public: {
    Enums: {
      genre: ['drama', 'comedy', 'science-fiction'],
    }
  },
  odd: {
    Enums: {
      mood: ['', 'self', 'Self', 'self ', '1st', 'say "hi"', 'ok'],
    }
  },
} as const
