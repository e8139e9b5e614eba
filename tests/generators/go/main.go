// The scenario with the client that oapi-codegen makes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	types "github.com/oapi-codegen/runtime/types"

	"crestfall.example/films/client"
)

const email, password = "go@example.org", "correct horse battery"

var steps int

type answer interface{ StatusCode() int }

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "step %d, "+format+"\n", append([]any{steps}, values...)...)
	os.Exit(1)
}

func check(is bool, what string, values ...any) {
	if !is {
		fail(what, values...)
	}
}

// One request: no failure, and this status.
func step[A answer](name string, status int, given A, err error) A {
	steps++
	check(err == nil, "%s: %v", name, err)
	check(given.StatusCode() == status, "%s: %d, %+v", name, given.StatusCode(), given)
	return given
}

func to[T any](value T) *T { return &value }

func connect(url, token string) *client.ClientWithResponses {
	credential := func(_ context.Context, request *http.Request) error {
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
	made, err := client.NewClientWithResponses(url, client.WithRequestEditorFn(credential))
	check(err == nil, "%v", err)
	return made
}

func main() {
	url, all := os.Args[1], context.Background()
	anonymous := connect(url, "")

	health, err := anonymous.AuthHealthWithResponse(all)
	check(step("health", 200, health, err).JSON200.Name == "Crestfall", "another name")
	settings, err := anonymous.AuthSettingsWithResponse(all)
	check(step("settings", 200, settings, err).JSON200.MailerAutoconfirm, "no autoconfirm")
	account := client.AuthSignUp{Email: to(types.Email(email)), Password: to(password)}
	signUp, err := anonymous.AuthSignUpWithResponse(all, nil, account)
	step("sign up", 200, signUp, err)
	made, err := signUp.JSON200.AsAuthSession()
	check(err == nil && made.AccessToken != "", "no session")
	signUp, err = anonymous.AuthSignUpWithResponse(all, nil, account)
	check(step("sign up again", 422, signUp, err).JSON422.ErrorCode == "user_already_exists", "another code")

	byPassword := func(password string) (*client.AuthTokenResponse, error) {
		var grant client.AuthGrant
		filled := grant.FromAuthPasswordGrant(client.AuthPasswordGrant{Email: to(types.Email(email)), Password: password})
		check(filled == nil, "no grant: %v", filled)
		return anonymous.AuthTokenWithResponse(all, &client.AuthTokenParams{GrantType: "password"}, grant)
	}
	token, err := byPassword("wrong")
	step("a wrong password", 400, token, err)
	check(strings.Contains(string(token.Body), "invalid_credentials"), "%s", token.Body)
	token, err = byPassword(password)
	session := step("sign in", 200, token, err).JSON200
	var grant client.AuthGrant
	err = grant.FromAuthRefreshTokenGrant(client.AuthRefreshTokenGrant{RefreshToken: session.RefreshToken})
	check(err == nil, "no grant: %v", err)
	token, err = anonymous.AuthTokenWithResponse(all, &client.AuthTokenParams{GrantType: "refresh_token"}, grant)
	session = step("renew", 200, token, err).JSON200
	own := connect(url, session.AccessToken)
	user, err := own.AuthGetUserWithResponse(all)
	check(step("the user", 200, user, err).JSON200.Email == email && user.JSON200.Factors == nil, "another user")
	data := map[string]any{"name": "Grace"}
	changed, err := own.AuthUpdateUserWithResponse(all, nil, client.AuthUserUpdate{Data: &data})
	check(step("change", 200, changed, err).JSON200.UserMetadata["name"] == "Grace", "no name")
	sessions, err := own.AuthListSessionsWithResponse(all)
	current := 0
	for _, one := range *step("sessions", 200, sessions, err).JSON200 {
		if one.Current {
			current++
		}
	}
	check(current == 1, "%d current", current)

	born := types.Date{Time: time.Date(1928, 5, 30, 0, 0, 0, 0, time.UTC)}
	insertDirectors := func(of *client.ClientWithResponses, prefer client.InsertDirectorsParamsPrefer, conflict *string,
		director client.DirectorsInsert) (*client.InsertDirectorsResponse, error) {
		parameters := client.InsertDirectorsParams{Prefer: prefer, OnConflict: conflict}
		return of.InsertDirectorsWithResponse(all, &parameters, []client.DirectorsInsert{director})
	}
	returned := client.InsertDirectorsParamsPreferReturnRepresentation
	varda := client.DirectorsInsert{Name: "Agnès Varda", Born: &born}
	directors, err := insertDirectors(own, returned, nil, varda)
	director := (*step("a director", 201, directors, err).JSON201)[0]
	check(director.Born.Equal(born.Time), "%v", director.Born)
	insertFilm := func(film client.FilmsInsert) (*client.InsertFilmsResponse, error) {
		parameters := client.InsertFilmsParams{Prefer: client.InsertFilmsParamsPreferReturnRepresentation}
		return own.InsertFilmsWithResponse(all, &parameters, []client.FilmsInsert{film})
	}
	inserted, err := insertFilm(client.FilmsInsert{Title: "Cléo de 5 à 7", Year: 1962, DirectorId: &director.Id,
		Minutes: to(int32(90)), Tags: &[]string{"paris"}})
	cleo := (*step("insert Cléo", 201, inserted, err).JSON201)[0]
	check(cleo.Genre == client.Drama && *cleo.Decade == 1960 && cleo.OtherGenre == nil && cleo.Tags[0] == "paris",
		"%+v", cleo)
	shown := time.Date(2017, 5, 19, 18, 0, 0, 0, time.UTC)
	visages := client.FilmsInsert{Title: "Visages villages", Year: 2017, Genre: to(client.Documentary),
		OtherGenre: to(client.Comedy), DirectorId: &director.Id, Minutes: to(int32(89)),
		Facts: map[string]any{"with": "JR"}, ShownAt: &shown}
	inserted, err = insertFilm(visages)
	film := (*step("insert Visages", 201, inserted, err).JSON201)[0]
	check(film.Facts.(map[string]any)["with"] == "JR" && film.ShownAt.Equal(shown), "%+v", film)

	list := func(name string, parameters client.ListFilmsParams) []client.Films {
		listed, err := own.ListFilmsWithResponse(all, &parameters)
		return *step(name, 200, listed, err).JSON200
	}
	check(len(list("all films", client.ListFilmsParams{})) == 2, "not two")
	check(list("a filter", client.ListFilmsParams{Year: to("gte.2000")})[0].Title == visages.Title, "another")
	check(len(list("by an enum", client.ListFilmsParams{Genre: to("eq.documentary")})) == 1, "not one")
	check(len(list("either of two", client.ListFilmsParams{Or: to("(year.lt.1900,minutes.eq.90)")})) == 1, "not one")
	paged := client.ListFilmsParams{Order: to("year.desc"), Limit: to(int64(1)), Offset: to(int64(1))}
	check(list("order and page", paged)[0].Year == 1962, "another")
	counted, err := own.ListFilmsWithResponse(all, &client.ListFilmsParams{Limit: to(int64(1)),
		Prefer: to(client.ListFilmsParamsPreferCountExact)})
	rangeOf := step("count", 206, counted, err).HTTPResponse.Header.Get("Content-Range")
	check(rangeOf == "0-0/2", "%s", rangeOf)
	check(len(list("related rows", client.ListFilmsParams{Select: to("*,directors(name)")})) == 2, "not two")

	updateFilms := func(parameters client.UpdateFilmsParams, change client.FilmsUpdate) (*client.UpdateFilmsResponse, error) {
		parameters.Prefer = client.UpdateFilmsParamsPreferReturnRepresentation
		return own.UpdateFilmsWithResponse(all, &parameters, change)
	}
	change := client.FilmsUpdate{Seen: to(true), Rating: to(float32(7.8)), Tags: &[]string{"road", "portraits"}}
	updated, err := updateFilms(client.UpdateFilmsParams{Title: to("eq.Visages villages")}, change)
	film = (*step("update", 200, updated, err).JSON200)[0]
	check(film.Seen && *film.Rating == 7.8 && len(film.Tags) == 2, "%+v", film)
	varda.Born = &types.Date{Time: born.AddDate(0, 0, 1)}
	merge := client.InsertDirectorsParamsPreferReturnRepresentationresolutionMergeDuplicates
	directors, err = insertDirectors(own, merge, to("name"), varda)
	check(err == nil, "%v", err)
	// Nothing was inserted, so it is 200 and not 201.
	step("insert or update", directors.StatusCode(), directors, err)
	var same []client.Directors
	check(json.Unmarshal(directors.Body, &same) == nil && same[0].Id == director.Id, "%s", directors.Body)
	recent, err := own.ListRecentFilmsWithResponse(all, &client.ListRecentFilmsParams{})
	check(*(*step("a view", 200, recent, err).JSON200)[0].Year == 2017, "another")
	sum, err := own.CallAddWithResponse(all, client.AddArguments{A: to(int32(20)), B: to(int32(22))})
	check(*step("a function", 200, sum, err).JSON200 == 42, "not 42")
	of, err := own.ReadFilmsOfWithResponse(all, &client.ReadFilmsOfParams{After: 2000})
	check((*step("a function of rows", 200, of, err).JSON200)[0].Title == visages.Title, "another")
	genres, err := own.CallPerGenreWithResponse(all)
	check(len(*step("a table of its own", 200, genres, err).JSON200) == 2, "not two")
	notes, err := own.InsertNotesWithResponse(all,
		&client.InsertNotesParams{Prefer: client.InsertNotesParamsPreferReturnRepresentation},
		[]client.NotesInsert{{Body: "See it again"}})
	check((*step("a note", 201, notes, err).JSON201)[0].Owner == session.User.Id, "another's")
	forgotten, err := own.CallForgetNotesWithResponse(all)
	step("nothing to give", 204, forgotten, err)
	none, err := own.ListNotesWithResponse(all, &client.ListNotesParams{})
	check(len(*step("no notes", 200, none, err).JSON200) == 0, "some")

	failed, err := own.CallFailWithResponse(all, client.FailArguments{Why: to("I am a teapot")})
	refused := step("a function that fails", 418, failed, err).JSON4XX
	check(refused.Message == "I am a teapot" && *refused.Hint == "Do not", "%+v", refused)
	inserted, err = insertFilm(visages)
	check(step("a title that is taken", 409, inserted, err).JSON409.Code == "23505", "another code")
	updated, err = updateFilms(client.UpdateFilmsParams{Year: to("eq.1962")}, client.FilmsUpdate{Year: to(int32(1500))})
	check(step("a year that cannot be", 400, updated, err).JSON400.Code == "23514", "another code")
	nonsense, err := own.ListFilmsWithResponse(all, &client.ListFilmsParams{Year: to("eq.now")})
	check(step("nonsense", 400, nonsense, err).JSON400.Code == "22P02", "another code")
	gone, err := own.DeleteFilmsWithResponse(all, &client.DeleteFilmsParams{Year: to("eq.1962"),
		Prefer: client.DeleteFilmsParamsPreferReturnRepresentation})
	check((*step("delete", 200, gone, err).JSON200)[0].Title == cleo.Title, "another")
	directors, err = insertDirectors(anonymous, returned, nil, client.DirectorsInsert{Name: "Nobody"})
	check(step("not signed in", 401, directors, err).JSON401.Code == "42501", "another code")
	out, err := own.AuthLogOutWithResponse(all, nil)
	step("sign out", 204, out, err)
	user, err = own.AuthGetUserWithResponse(all)
	check(step("an ended session", 403, user, err).JSON403.ErrorCode == "session_not_found", "another code")
	fmt.Printf("%d steps\n", steps)
}
