package web_test

import (
	"net/http"
	"net/url"
	"testing"
)

// The page that is left behind in a browser, or in its cache, holds one half of the keys:
// whoever leaves takes the other half with him.
func TestWhoeverLogsOutOrClosesTheDeskLeavesNoHalf(t *testing.T) {
	o := newOpinions(t)
	o.says(heAsked, monday().AddDate(0, 0, -3))
	halves := func() (n int) {
		t.Helper()
		if err := o.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM desk_ticket`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	o.open()
	if n := halves(); n != 1 {
		t.Fatalf("%d halves of an open desk", n)
	}
	sun := o.as("sun")
	if sun.get("/opinions"); halves() != 1 {
		t.Error("looking at the desk elsewhere closes it")
	}
	if sun.get("/opinions?shut"); halves() != 0 {
		t.Error("whoever closes the desk leaves a half")
	}
	o.open()
	if got := o.as("sun").post("/logout", url.Values{}); got.status != http.StatusOK {
		t.Fatalf("%d\n%s", got.status, said(got.body))
	}
	if n := halves(); n != 0 {
		t.Errorf("%d halves are left", n)
	}
}
