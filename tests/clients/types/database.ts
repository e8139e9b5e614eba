// The types of the database, for supabase-js: createClient<Database>(url, key).
// Made by `crestfall gen types --lang typescript`: changes are lost when it is made again.

export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[];

export type Database = {
  public: {
    Tables: {
      actors: {
        Row: {
          id: number;
          name: string;
        };
        Insert: {
          id?: number;
          name: string;
        };
        Update: {
          id?: number;
          name?: string;
        };
        Relationships: [];
      };
      cities: {
        Row: {
          id: number;
          name: string;
        };
        Insert: {
          id: number;
          name: string;
        };
        Update: {
          id?: number;
          name?: string;
        };
        Relationships: [];
      };
      /** Who makes films */
      directors: {
        Row: {
          id: number;
          /** As credited */
          name: string;
          born: string | null;
        };
        Insert: {
          id?: number;
          name: string;
          born?: string | null;
        };
        Update: {
          id?: number;
          name?: string;
          born?: string | null;
        };
        Relationships: [];
      };
      /**
       * Films
       *
       * Of all times.
       */
      films: {
        Row: {
          id: number;
          title: string;
          /** Of the first showing; see [the rules] for <festivals> */
          year: number;
          director_id: number;
          genre: Database["public"]["Enums"]["genre"];
          score: number | null;
          budget: Database["public"]["CompositeTypes"]["money_amount"] | null;
          facts: Json;
          tags: string[];
          released: string;
          code: string;
          sequel_of: number | null;
          length: number | null;
          slug: string | null;
          "odd name": string | null;
          /** A word of many languages */
          type: string | null;
          age: number | null;
        };
        Insert: {
          id?: never;
          title: string;
          year: number;
          director_id: number;
          genre?: Database["public"]["Enums"]["genre"];
          score?: number | null;
          budget?: Database["public"]["CompositeTypes"]["money_amount"] | null;
          facts?: Json;
          tags?: string[];
          released?: string;
          code?: string;
          sequel_of?: number | null;
          length?: number | null;
          slug?: never;
          "odd name"?: string | null;
          type?: string | null;
        };
        Update: {
          id?: never;
          title?: string;
          year?: number;
          director_id?: number;
          genre?: Database["public"]["Enums"]["genre"];
          score?: number | null;
          budget?: Database["public"]["CompositeTypes"]["money_amount"] | null;
          facts?: Json;
          tags?: string[];
          released?: string;
          code?: string;
          sequel_of?: number | null;
          length?: number | null;
          slug?: never;
          "odd name"?: string | null;
          type?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "films_director_id_fkey";
            columns: ["director_id"];
            isOneToOne: false;
            referencedRelation: "directors";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "films_sequel_of_fkey";
            columns: ["sequel_of"];
            isOneToOne: false;
            referencedRelation: "film_titles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "films_sequel_of_fkey";
            columns: ["sequel_of"];
            isOneToOne: false;
            referencedRelation: "films";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "films_sequel_of_fkey";
            columns: ["sequel_of"];
            isOneToOne: false;
            referencedRelation: "recent_films";
            referencedColumns: ["id"];
          },
        ];
      };
      posters: {
        Row: {
          film_id: number;
          image: string;
        };
        Insert: {
          film_id: number;
          image: string;
        };
        Update: {
          film_id?: number;
          image?: string;
        };
        Relationships: [
          {
            foreignKeyName: "posters_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: true;
            referencedRelation: "film_titles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "posters_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: true;
            referencedRelation: "films";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "posters_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: true;
            referencedRelation: "recent_films";
            referencedColumns: ["id"];
          },
        ];
      };
      premieres: {
        Row: {
          id: number;
          film_id: number;
          city_id: number;
          planned_city_id: number | null;
        };
        Insert: {
          id: number;
          film_id: number;
          city_id: number;
          planned_city_id?: number | null;
        };
        Update: {
          id?: number;
          film_id?: number;
          city_id?: number;
          planned_city_id?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "premieres_city_id_fkey";
            columns: ["city_id"];
            isOneToOne: false;
            referencedRelation: "cities";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "premieres_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "film_titles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "premieres_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "films";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "premieres_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "recent_films";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "premieres_planned_city_id_fkey";
            columns: ["planned_city_id"];
            isOneToOne: false;
            referencedRelation: "cities";
            referencedColumns: ["id"];
          },
        ];
      };
      reviews: {
        Row: {
          id: number;
          film_id: number;
          stars: number;
          text: string | null;
        };
        Insert: {
          id?: never;
          film_id: number;
          stars: number;
          text?: string | null;
        };
        Update: {
          id?: never;
          film_id?: number;
          stars?: number;
          text?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "reviews_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "film_titles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "reviews_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "films";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "reviews_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "recent_films";
            referencedColumns: ["id"];
          },
        ];
      };
      roles: {
        Row: {
          film_id: number;
          actor_id: number;
          character: string | null;
        };
        Insert: {
          film_id: number;
          actor_id: number;
          character?: string | null;
        };
        Update: {
          film_id?: number;
          actor_id?: number;
          character?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "roles_actor_id_fkey";
            columns: ["actor_id"];
            isOneToOne: false;
            referencedRelation: "actors";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "roles_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "film_titles";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "roles_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "films";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "roles_film_id_fkey";
            columns: ["film_id"];
            isOneToOne: false;
            referencedRelation: "recent_films";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      film_titles: {
        Row: {
          id: number;
          title: string;
          "odd name": string;
        };
        Insert: {
          id?: number;
          title?: string;
          "odd name"?: string;
        };
        Update: {
          id?: number;
          title?: string;
          "odd name"?: string;
        };
        Relationships: [];
      };
      /** Films since 2000 */
      recent_films: {
        Row: {
          id: number;
          title: string;
          director: string;
          image: string | null;
          total: number | null;
          minutes: number;
        };
        Relationships: [];
      };
    };
    Functions: {
      /** The sum of two numbers */
      add_numbers: {
        Args: {
          a: number;
          b?: number;
        };
        Returns: number;
      };
      describe:
        | {
            Args: {
              thing: number;
            };
            Returns: string;
          }
        | {
            Args: {
              thing: string;
            };
            Returns: string;
          };
      echo: {
        Args: {
          "": Json;
        };
        Returns: Json;
      };
      films_by_year: {
        Args: {
          since?: number;
        };
        Returns: {
          year: number;
          films: number;
        }[];
      };
      films_of: {
        Args: {
          director: number;
        };
        Returns: Database["public"]["Tables"]["films"]["Row"][];
        SetofOptions: {
          from: "*";
          to: "films";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      kinds: {
        Args: never;
        Returns: Database["public"]["Enums"]["genre"][];
      };
      newest_film: {
        Args: never;
        Returns: Database["public"]["Tables"]["films"]["Row"];
        SetofOptions: {
          from: "*";
          to: "films";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      rename_film: {
        Args: {
          film: number;
          title: string;
        };
        Returns: undefined;
      };
    };
    Enums: {
      /** What kind of film it is */
      genre: "drama" | "comedy" | "science-fiction";
    };
    CompositeTypes: {
      /** An amount and its currency */
      money_amount: {
        amount: number | null;
        currency: string | null;
      };
    };
  };
  odd: {
    Tables: {
      Films: {
        Row: {
          Id: number | null;
          film_id: number | null;
        };
        Insert: {
          Id?: number | null;
          film_id?: number | null;
        };
        Update: {
          Id?: number | null;
          film_id?: number | null;
        };
        Relationships: [];
      };
      a_to_b: {
        Row: {
          a: string;
          b: number;
        };
        Insert: {
          a: string;
          b: number;
        };
        Update: {
          a?: string;
          b?: number;
        };
        Relationships: [
          {
            foreignKeyName: "a_to_b_a_fkey";
            columns: ["a"];
            isOneToOne: false;
            referencedRelation: "日本";
            referencedColumns: ["名前"];
          },
          {
            foreignKeyName: "a_to_b_b_fkey";
            columns: ["b"];
            isOneToOne: false;
            referencedRelation: "films_insert";
            referencedColumns: ["id"];
          },
        ];
      };
      b_to_a: {
        Row: {
          a: string;
          b: number;
        };
        Insert: {
          a: string;
          b: number;
        };
        Update: {
          a?: string;
          b?: number;
        };
        Relationships: [
          {
            foreignKeyName: "b_to_a_a_fkey";
            columns: ["a"];
            isOneToOne: false;
            referencedRelation: "日本";
            referencedColumns: ["名前"];
          },
          {
            foreignKeyName: "b_to_a_b_fkey";
            columns: ["b"];
            isOneToOne: false;
            referencedRelation: "films_insert";
            referencedColumns: ["id"];
          },
        ];
      };
      empty: {
        Row: {};
        Insert: {};
        Update: {};
        Relationships: [];
      };
      films: {
        Row: {
          id: number | null;
          title: string;
        };
        Insert: {
          id?: number | null;
          title: string;
        };
        Update: {
          id?: number | null;
          title?: string;
        };
        Relationships: [];
      };
      films_insert: {
        Row: {
          id: number;
        };
        Insert: {
          id: number;
        };
        Update: {
          id?: number;
        };
        Relationships: [];
      };
      functions: {
        Row: {
          id: number;
          type: number;
        };
        Insert: {
          id: number;
          type: number;
        };
        Update: {
          id?: number;
          type?: number;
        };
        Relationships: [
          {
            foreignKeyName: "functions_type_fkey";
            columns: ["type"];
            isOneToOne: false;
            referencedRelation: "enums";
            referencedColumns: ["fn"];
          },
          {
            foreignKeyName: "functions_type_fkey";
            columns: ["type"];
            isOneToOne: false;
            referencedRelation: "kept";
            referencedColumns: ["self"];
          },
          {
            foreignKeyName: "functions_type_fkey";
            columns: ["type"];
            isOneToOne: false;
            referencedRelation: "type";
            referencedColumns: ["self"];
          },
        ];
      };
      /**
       * A table
       * ```
       * let not = rust;
       * ```
       * * / """ `x` \
       */
      type: {
        Row: {
          self: number;
          Self: number;
          TABLE: string;
          Table: string | null;
          value: number | null;
          new: string;
          "1st": boolean | null;
          "a b": number | null;
          a_b: number | null;
          "a-b": number | null;
          "!": string | null;
          größe: number | null;
          'it\'s "quoted"': string | null;
          mood: Database["odd"]["Enums"]["mood"];
          moods: Database["odd"]["Enums"]["mood"][];
          odd_type: Database["odd"]["CompositeTypes"]["Odd type"] | null;
          odd_types: Database["odd"]["CompositeTypes"]["Odd type"][] | null;
          genre: Database["public"]["Enums"]["genre"] | null;
          ids: string[] | null;
          parent: number | null;
          film: number | null;
        };
        Insert: {
          self: number;
          Self: number;
          TABLE: string;
          Table?: string | null;
          value?: number | null;
          new: string;
          "1st"?: boolean | null;
          "a b"?: number | null;
          a_b?: number | null;
          "a-b"?: number | null;
          "!"?: string | null;
          größe?: number | null;
          'it\'s "quoted"'?: string | null;
          mood?: Database["odd"]["Enums"]["mood"];
          moods?: Database["odd"]["Enums"]["mood"][];
          odd_type?: Database["odd"]["CompositeTypes"]["Odd type"] | null;
          odd_types?: Database["odd"]["CompositeTypes"]["Odd type"][] | null;
          genre?: Database["public"]["Enums"]["genre"] | null;
          ids?: string[] | null;
          parent?: number | null;
          film?: number | null;
        };
        Update: {
          self?: number;
          Self?: number;
          TABLE?: string;
          Table?: string | null;
          value?: number | null;
          new?: string;
          "1st"?: boolean | null;
          "a b"?: number | null;
          a_b?: number | null;
          "a-b"?: number | null;
          "!"?: string | null;
          größe?: number | null;
          'it\'s "quoted"'?: string | null;
          mood?: Database["odd"]["Enums"]["mood"];
          moods?: Database["odd"]["Enums"]["mood"][];
          odd_type?: Database["odd"]["CompositeTypes"]["Odd type"] | null;
          odd_types?: Database["odd"]["CompositeTypes"]["Odd type"][] | null;
          genre?: Database["public"]["Enums"]["genre"] | null;
          ids?: string[] | null;
          parent?: number | null;
          film?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "type_parent_fkey";
            columns: ["parent"];
            isOneToOne: false;
            referencedRelation: "enums";
            referencedColumns: ["fn"];
          },
          {
            foreignKeyName: "type_parent_fkey";
            columns: ["parent"];
            isOneToOne: false;
            referencedRelation: "kept";
            referencedColumns: ["self"];
          },
          {
            foreignKeyName: "type_parent_fkey";
            columns: ["parent"];
            isOneToOne: false;
            referencedRelation: "type";
            referencedColumns: ["self"];
          },
        ];
      };
      日本: {
        Row: {
          名前: string;
          हिन्दी: number | null;
          "m²": number;
          ﬁ: string | null;
          İ: boolean | null;
          "-": number | null;
          "a,b": number | null;
          "a`b": string;
          "🎉": Database["odd"]["Enums"]["MOOD"];
          int: number | null;
          /**
           * - first
           * - second
           *    indented "end"
           */
          list: number[] | null;
          /** Ends with a backslash \ */
          str: string | null;
          mood: Database["odd"]["Enums"]["mood"] | null;
          colours: Database["hidden"]["CompositeTypes"]["colour"][];
          colour: Database["hidden"]["CompositeTypes"]["colour"] | null;
          stars: number;
          row_of_hidden: Record<string, unknown> | null;
          row_of_type: Database["odd"]["Tables"]["empty"]["Row"] | null;
          option: Database["odd"]["CompositeTypes"]["option"] | null;
          string: Database["odd"]["CompositeTypes"]["string"] | null;
          oid: string | null;
          xid: string | null;
          span: string | null;
          spans: string | null;
          address: string | null;
          bits: string | null;
          bytes: string | null;
          since: string | null;
          at: string | null;
          price: string | null;
          words: string | null;
          path: string | null;
          matrix: number[][] | null;
          place: string | null;
          letter: string | null;
          fixed: string | null;
          double_id: number;
          parent: string | null;
          other_parent: string | null;
          shout: string | null;
        };
        Insert: {
          名前: string;
          हिन्दी?: number | null;
          "m²"?: number;
          ﬁ?: string | null;
          İ?: boolean | null;
          "-"?: number | null;
          "a,b"?: number | null;
          "a`b"?: string;
          "🎉"?: Database["odd"]["Enums"]["MOOD"];
          int?: number | null;
          list?: number[] | null;
          str?: string | null;
          mood?: Database["odd"]["Enums"]["mood"] | null;
          colours?: Database["hidden"]["CompositeTypes"]["colour"][];
          colour?: Database["hidden"]["CompositeTypes"]["colour"] | null;
          stars?: number;
          row_of_hidden?: Record<string, unknown> | null;
          row_of_type?: Database["odd"]["Tables"]["empty"]["Row"] | null;
          option?: Database["odd"]["CompositeTypes"]["option"] | null;
          string?: Database["odd"]["CompositeTypes"]["string"] | null;
          oid?: string | null;
          xid?: string | null;
          span?: string | null;
          spans?: string | null;
          address?: string | null;
          bits?: string | null;
          bytes?: string | null;
          since?: string | null;
          at?: string | null;
          price?: string | null;
          words?: string | null;
          path?: string | null;
          matrix?: number[][] | null;
          place?: string | null;
          letter?: string | null;
          fixed?: string | null;
          double_id?: never;
          parent?: string | null;
          other_parent?: string | null;
        };
        Update: {
          名前?: string;
          हिन्दी?: number | null;
          "m²"?: number;
          ﬁ?: string | null;
          İ?: boolean | null;
          "-"?: number | null;
          "a,b"?: number | null;
          "a`b"?: string;
          "🎉"?: Database["odd"]["Enums"]["MOOD"];
          int?: number | null;
          list?: number[] | null;
          str?: string | null;
          mood?: Database["odd"]["Enums"]["mood"] | null;
          colours?: Database["hidden"]["CompositeTypes"]["colour"][];
          colour?: Database["hidden"]["CompositeTypes"]["colour"] | null;
          stars?: number;
          row_of_hidden?: Record<string, unknown> | null;
          row_of_type?: Database["odd"]["Tables"]["empty"]["Row"] | null;
          option?: Database["odd"]["CompositeTypes"]["option"] | null;
          string?: Database["odd"]["CompositeTypes"]["string"] | null;
          oid?: string | null;
          xid?: string | null;
          span?: string | null;
          spans?: string | null;
          address?: string | null;
          bits?: string | null;
          bytes?: string | null;
          since?: string | null;
          at?: string | null;
          price?: string | null;
          words?: string | null;
          path?: string | null;
          matrix?: number[][] | null;
          place?: string | null;
          letter?: string | null;
          fixed?: string | null;
          double_id?: never;
          parent?: string | null;
          other_parent?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "日本_other_parent_fkey";
            columns: ["other_parent"];
            isOneToOne: false;
            referencedRelation: "日本";
            referencedColumns: ["名前"];
          },
          {
            foreignKeyName: "日本_parent_fkey";
            columns: ["parent"];
            isOneToOne: false;
            referencedRelation: "日本";
            referencedColumns: ["名前"];
          },
        ];
      };
    };
    Views: {
      enums: {
        Row: {
          fn: number;
          mood: Database["odd"]["Enums"]["mood"];
          moods: Database["odd"]["Enums"]["mood"][];
        };
        Insert: {
          fn?: number;
          mood?: Database["odd"]["Enums"]["mood"];
          moods?: Database["odd"]["Enums"]["mood"][];
        };
        Update: {
          fn?: number;
          mood?: Database["odd"]["Enums"]["mood"];
          moods?: Database["odd"]["Enums"]["mood"][];
        };
        Relationships: [];
      };
      kept: {
        Row: {
          self: number;
          Self: number;
          mood: Database["odd"]["Enums"]["mood"];
        };
        Relationships: [];
      };
    };
    Functions: {
      colours: {
        Args: never;
        Returns: Database["hidden"]["CompositeTypes"]["colour"][];
      };
      hidden_row: {
        Args: never;
        Returns: Record<string, unknown>;
      };
      many: {
        Args: {
          a: number;
          b?: number;
          c?: string[];
          d?: Database["odd"]["Enums"]["mood"][];
        };
        Returns: {
          "first one": number;
          second: Database["odd"]["Enums"]["mood"];
        }[];
      };
      moods: {
        Args: {
          list: Database["odd"]["Enums"]["mood"][];
        };
        Returns: Database["odd"]["CompositeTypes"]["Odd type"][];
      };
      new: {
        Args: {
          self: number;
          type?: Database["odd"]["Enums"]["mood"];
        };
        Returns: Database["odd"]["Enums"]["mood"];
      };
      of_films: {
        Args: {
          id: number;
        };
        Returns: Database["public"]["Tables"]["films"]["Row"][];
        SetofOptions: {
          from: "*";
          to: "films";
          isOneToOne: false;
          isSetofReturn: true;
        };
      };
      option: {
        Args: {
          option: Database["odd"]["CompositeTypes"]["option"];
          string?: Database["odd"]["CompositeTypes"]["string"];
        };
        Returns: Database["odd"]["CompositeTypes"]["string"];
      };
      out: {
        Args: {
          a: number;
        };
        Returns: {
          b: number;
          "c d": string;
        };
      };
      rows: {
        Args: never;
        Returns: {
          a: number;
          B: Database["odd"]["Enums"]["MOOD"];
        }[];
      };
      vec: {
        Args: {
          any_value: unknown;
        };
        Returns: unknown;
      };
      void: {
        Args: never;
        Returns: undefined;
      };
    };
    Enums: {
      /**
       * - one
       * - two
       *
       * # Heading  and   turned "quoted"
       */
      MOOD:
        | "🎉"
        | "🎊"
        | "½"
        | "m²"
        | "two\nlines"
        | "日本"
        | "`"
        | "*/"
        | "fn"
        | "None"
        | "a\u0009b"
        | 'it\'s "both"'
        | "Ⅷ";
      mood: "" | "self" | "Self" | "self " | "1st" | 'say "hi"' | "ok";
    };
    CompositeTypes: {
      "Odd type": {
        "a b": number | null;
        a_b: Database["odd"]["Enums"]["mood"] | null;
        type: string | null;
      };
      option: {
        string: string | null;
        vec: number[] | null;
        none: Database["odd"]["Enums"]["MOOD"] | null;
      };
      string: {
        option: Database["odd"]["CompositeTypes"]["option"] | null;
      };
    };
  };
  hidden: {
    Tables: { [_ in never]: never };
    Views: { [_ in never]: never };
    Functions: { [_ in never]: never };
    Enums: {
      shade: "light" | "dark";
    };
    CompositeTypes: {
      colour: {
        name: string | null;
        shade: Database["hidden"]["Enums"]["shade"] | null;
      };
    };
  };
};

type Main = Database["public"];
type Readable = Main["Tables"] & Main["Views"];

/** A row of a table or view. */
export type Tables<Name extends keyof Readable> = Readable[Name] extends {
  Row: infer Row;
}
  ? Row
  : never;

/** A new row of a table or view. */
export type TablesInsert<Name extends keyof Readable> = Readable[Name] extends {
  Insert: infer Insert;
}
  ? Insert
  : never;

/** New values of some columns of a table or view. */
export type TablesUpdate<Name extends keyof Readable> = Readable[Name] extends {
  Update: infer Update;
}
  ? Update
  : never;

/** An enum. */
export type Enums<Name extends keyof Main["Enums"]> = Main["Enums"][Name];

/** A composite type. */
export type CompositeTypes<Name extends keyof Main["CompositeTypes"]> =
  Main["CompositeTypes"][Name];

/** The labels of enums. */
export const Constants = {
  public: {
    Enums: {
      genre: ["drama", "comedy", "science-fiction"],
    },
  },
  odd: {
    Enums: {
      MOOD: [
        "🎉",
        "🎊",
        "½",
        "m²",
        "two\nlines",
        "日本",
        "`",
        "*/",
        "fn",
        "None",
        "a\u0009b",
        'it\'s "both"',
        "Ⅷ",
      ],
      mood: ["", "self", "Self", "self ", "1st", 'say "hi"', "ok"],
    },
  },
  hidden: {
    Enums: {
      shade: ["light", "dark"],
    },
  },
} as const;
