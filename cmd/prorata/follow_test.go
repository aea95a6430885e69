package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// daysAgo is an instant in the middle of a day that has been.
func daysAgo(days int) time.Time {
	year, month, day := time.Now().UTC().AddDate(0, 0, -days).Date()
	return time.Date(year, month, day, 10, 0, 0, 0, time.UTC)
}

func dayAgo(days int) string { return daysAgo(days).Format(time.DateOnly) }

// From the first sign-in on: nothing is known of the provider's customers, a
// person says who they are, and what they hold is in the log once.
func TestAFirmBeginsToFollowItsProvider(t *testing.T) {
	both(t, func(t *testing.T, e *engineUnderTest) {
		c := openCenter(t, "--start", dayAgo(40))
		c.to(daysAgo(40))
		adatum, stranger := c.customer("adatum"), c.customer("fabrikam")
		held := c.buy(adatum, businessPremium, 10)
		c.to(daysAgo(3))
		c.change(adatum, held, map[string]any{"quantity": 14})
		c.to(time.Now())
		f := openFirm(t, c, e.empty(t))

		f.is("state", "consent needed", f.json("connections.0.state", 0, "connection", "list"))
		if out := f.run("prices", "import", "ms"); out.code != 1 || !strings.Contains(out.stderr, "nobody has consented") {
			t.Errorf("nobody has consented: %s", out)
		}
		f.consent()
		f.is("state", "ready", f.json("connections.0.state", 0, "connection", "list"))
		f.must("prices", "import", "ms")
		if out := f.must("prices", "import", "ms"); strings.Contains(out.stdout, "taken") {
			t.Errorf("a second time changes nothing: %s", out)
		}

		f.is("recorded", "0", f.json("connections.0.recorded", 0, "sync"))
		f.is("exceptions", sorted("unknown_customer "+adatum, "unknown_customer "+stranger), f.exceptions())
		f.must("connection", "link", "ms", "--customer", adatum, "--account", "adatum")
		f.is("recorded", "2", f.json("connections.0.recorded", 0, "sync"))
		f.is("log", dayAgo(40)+" subscribe 10\n"+dayAgo(3)+" quantity 14", f.log(held))
		f.is("exceptions", "unknown_customer "+stranger, f.exceptions())
		before := f.facts()
		f.is("recorded", "0", f.json("connections.0.recorded", 0, "sync"))
		f.is("recorded", "0", f.json("connections.0.recorded", 0, "sync", "--events"))
		same(t, "after another sync", f.facts(), before)
		f.must("bill")
		f.must("verify")

		// What was added in the last week can be given back, and no more.
		out := f.run("subscription", "change", held, "--quantity", "9")
		ends := daysAgo(40).AddDate(1, 0, 0).Format(time.DateOnly)
		if out.code != 2 || !strings.Contains(out.stderr, ends) || !strings.Contains(out.stderr, "4 of the 14 seats") {
			t.Errorf("past the window, want the day %s: %s", ends, out)
		}
		f.must("subscription", "change", held, "--quantity", "11")
		f.must("provision", "run")
		f.is("there", businessPremium+" 11 active", told(c.held(adatum)))
		f.is("nobody", "", told(c.held(stranger)))
	})
}

// An order made here appears there, and the reverse.
func TestAnOrderHereAppearsThereAndTheReverse(t *testing.T) {
	t.Parallel()
	f := beginFirm(t, newLocal(t))
	c, adatum := f.center, f.customer
	if out := f.take(f.order("s1", businessPremium, 5), f.order("s2", copilot, 5, "add_on_to: s1")); out.code != 0 {
		t.Fatal(out)
	}
	f.is("nothing was asked yet", "", told(c.held(adatum)))
	f.settle()
	f.is("there", businessPremium+" 5 active\n"+copilot+" 5 active", told(c.held(adatum)))
	there := c.held(adatum)
	f.is("what the add-on is for", there[0].ID, there[1].ParentSubscriptionID)
	f.is("the sync has nothing to say", "0", f.json("connections.0.recorded", 0, "sync"))
	f.is("exceptions", "", f.exceptions())

	// Seats here, then there.
	f.must("subscription", "change", "s1", "--quantity", "8")
	f.settle()
	f.is("there", businessPremium+" 8 active\n"+copilot+" 5 active", told(c.held(adatum)))
	c.change(adatum, there[0].ID, map[string]any{"quantity": 12})
	f.is("recorded", "1", f.json("connections.0.recorded", 0, "sync"))
	f.is("log", today()+" subscribe 5\n"+today()+" quantity 8\n"+today()+" quantity 12", f.log("s1"))
	c.change(adatum, there[1].ID, map[string]any{"status": "deleted"})
	f.must("sync", "--events")
	f.is("log of the add-on", today()+" subscribe 5\n"+today()+" cancel", f.log("s2"))

	// What is bought there is billed here; what is cancelled here is cancelled there.
	there = append(there, heldThere{ID: c.buy(adatum, powerBI, 3)})
	f.must("sync")
	f.is("log of what is new", today()+" subscribe 3", f.log(there[2].ID))
	f.must("subscription", "cancel", there[2].ID)
	f.settle()
	f.is("there", businessPremium+" 12 active\n"+copilot+" 5 deleted\n"+powerBI+" 3 deleted", told(c.held(adatum)))
	f.is("the sync has nothing to say", "0", f.json("connections.0.recorded", 0, "sync"))
	f.is("exceptions", "", f.exceptions())
	f.must("verify")
}

// What credit hold keeps here is not ordered there until it is released; what is
// taken back before it was sent is never sent.
func TestCreditHoldKeepsAnOrderHere(t *testing.T) {
	t.Parallel()
	f := beginFirm(t, newLocal(t))
	if out := f.take("on: "+today()+", do: hold, account: adatum", f.order("s1", businessPremium, 5), f.order("s2", powerBI, 2)); out.code != 0 {
		t.Fatal(out)
	}
	f.settle()
	f.is("kept", "", told(f.center.held(f.customer)))
	f.is("why", "held", f.json("provisions.0.code", 0, "provision", "list"))
	if out := f.take("on: "+today()+", do: void, event: s2, id: back", "on: "+today()+", do: release, account: adatum"); out.code != 0 {
		t.Fatal(out)
	}
	f.settle()
	f.is("there", businessPremium+" 5 active", told(f.center.held(f.customer)))
	f.is("left", "0", f.json("connections.0.recorded", 0, "sync"))
	f.is("exceptions", "", f.exceptions())
}

// A person lets the program in through the browser; what does not come from the
// link that was shown is not taken.
func TestConsentThroughTheBrowser(t *testing.T) {
	t.Parallel()
	c := openCenter(t)
	f := openFirm(t, c, newLocal(t))
	port := freePort(t)
	f.must("connection", "add", "ms", "--set", "redirect_uri=http://localhost:"+port+"/consent")
	link, p := f.consentLink("--wait", "1m")
	if status, body := get(t, "http://localhost:"+port+"/consent?state=mine&code=mine"); status != http.StatusBadRequest {
		t.Errorf("an answer to another link: %d %s", status, body)
	}
	if status, body := get(t, link+"&accept=1"); status != http.StatusOK || !strings.Contains(body, "Thank you") {
		t.Errorf("%d %s", status, body)
	}
	if out := p.wait(t); out.code != 0 || !strings.Contains(out.stdout, "lets us in") {
		t.Error(out)
	}
	f.must("sync")
	if out := f.run("connection", "consent", "ms", "--code", "wrong"); out.code != 2 || !strings.Contains(out.stderr, "sign in at the link again") {
		t.Errorf("%s", out)
	}
	if out := f.run("connection", "consent", "ms", "--wait", "1ms"); out.code != 1 || !strings.Contains(out.stderr, "no answer came") {
		t.Errorf("%s", out)
	}
	f.must("sync")
}
