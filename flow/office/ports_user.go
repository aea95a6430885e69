package office

import (
	"time"
)

// Users are who signs in.
type Users interface {
	// UserAdd writes a new user; flow.ErrMoved where its address is another's.
	UserAdd(User) error
	// UserChange writes what a user is, where it still has the version that was read;
	// flow.ErrMoved where it has not. Its version goes up by one.
	UserChange(User) error
	// UserGet is flow.ErrUnknown where there is none.
	UserGet(UserID) (User, error)
	// UserByAddress is flow.ErrUnknown where nobody has the address.
	UserByAddress(address string) (User, error)
	// UserList is in order of addresses.
	UserList(UserFilter) ([]User, error)
	// OwnersHold are the active owners; none of them changes until the transaction ends.
	OwnersHold() ([]UserID, error)
}

// Passwords are what users prove themselves with first, hashed.
type Passwords interface {
	// PasswordGet is empty where the user has none.
	PasswordGet(UserID) (hashed string, err error)
	PasswordPut(user UserID, hashed string) error
	// SignedInPut remembers when a user last came in.
	SignedInPut(user UserID, at time.Time) error
}

// Subjects are users as another identity provider knows them.
type Subjects interface {
	// SubjectUser is flow.ErrUnknown where the subject is nobody here.
	SubjectUser(issuer, subject string) (UserID, error)
	// SubjectPut joins a subject with a user.
	SubjectPut(issuer, subject string, user UserID, at time.Time) error
}

// Factors are users' second factors.
type Factors interface {
	FactorPut(KeptFactor) error
	// FactorsOf are a user's, in the order in which they were made.
	FactorsOf(UserID) ([]KeptFactor, error)
	FactorEnd(UserID, FactorID) error
	// FactorConfirm makes a factor count.
	FactorConfirm(user UserID, id FactorID, at time.Time) error
	// CodeUse moves on the time step of the last code that was taken; used is false where
	// a code of that step, or of a later one, was taken before.
	CodeUse(user UserID, id FactorID, step int64, at time.Time) (used bool, err error)
}

// Recoveries are codes for who has lost their second factor, each good once.
type Recoveries interface {
	// RecoveryPut replaces all recovery codes of a user, by their hashes.
	RecoveryPut(user UserID, hashes []string) error
	// RecoveryUse takes a recovery code away; used is false where there was none.
	RecoveryUse(user UserID, hash string) (used bool, err error)
	// RecoveryLeft counts those not used yet.
	RecoveryLeft(UserID) (int, error)
}

// Sessions are who is in, by the hash of what their browser holds.
type Sessions interface {
	SessionAdd(s Session, hash string) error
	// SessionByHash is flow.ErrUnknown where there is none.
	SessionByHash(hash string) (Session, error)
	// SessionTouch remembers when and from where a session was last used.
	SessionTouch(id SessionID, at time.Time, from string) error
	// SessionProve marks that the second factor was given, until when the session now
	// lasts, and gives it another hash.
	SessionProve(id SessionID, hash string, endsAt time.Time) error
	// SessionEnrolled marks that a second factor was set up, and so given, inside it.
	SessionEnrolled(SessionID) error
	// SessionsOf are a user's, or everybody's where none is given, the last used first.
	SessionsOf(UserID) ([]Session, error)
	// SessionEnd ends one session, whose it is given; flow.ErrUnknown where there is none.
	SessionEnd(SessionID) error
	// SessionsEnd ends all sessions of a user but one, and counts them.
	SessionsEnd(user UserID, but SessionID) (int64, error)
}

// Tokens are API tokens, by their hash.
type Tokens interface {
	TokenAdd(t APIToken, hash string) error
	// TokenByHash is flow.ErrUnknown where there is none.
	TokenByHash(hash string) (APIToken, error)
	// TokensOf are a user's, or everybody's where none is given, the newest first.
	TokensOf(UserID) ([]APIToken, error)
	TokenTouch(id TokenID, at time.Time) error
	// TokenEnd ends a token; flow.ErrUnknown where there is none.
	TokenEnd(TokenID) error
	TokensEnd(UserID) (int64, error)
}

// OneTime is what is good once and for a time.
type OneTime interface {
	// WelcomePut keeps a one-time link, by its hash.
	WelcomePut(w Welcome, hash string) error
	// WelcomeGet is flow.ErrUnknown where there is none.
	WelcomeGet(hash string) (Welcome, error)
	// WelcomeEnd uses a link up; used is false where somebody was quicker.
	WelcomeEnd(hash string) (used bool, err error)
	// WelcomesEnd ends all links to a user; those to nobody yet where none is given.
	WelcomesEnd(UserID) error
	// ChallengePut keeps what was asked of a browser, by its name; another takes its place.
	ChallengePut(name string, data []byte, endsAt time.Time) error
	// ChallengeTake gives what was kept and forgets it; flow.ErrUnknown where there is nothing.
	ChallengeTake(name string) (data []byte, endsAt time.Time, err error)
	// SpentEnd forgets sessions, links, challenges, tokens and tries whose time was over.
	SpentEnd(before time.Time) error
}

// Tries are failed sign-ins, by what they are counted under.
type Tries interface {
	// TryHold reads the tries of a key; no other transaction counts one until this one ends.
	TryHold(key string) (Tried, error)
	TryPut(key string, tried Tried) error
}

// Choices are settings of the office.
type Choices interface {
	// ChoiceGet is empty where nothing was chosen.
	ChoiceGet(name string) (string, error)
	ChoicePut(name, value string, at time.Time) error
}
