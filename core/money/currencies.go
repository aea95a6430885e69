package money

import "strings"

// The currencies of ISO 4217 in use, by the number of their minor digits.
const (
	noDigits    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeDigits = "BHD IQD JOD KWD LYD OMR TND"
	fourDigits  = "CLF UYW"
	twoDigits   = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK " +
		"DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL " +
		"MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK " +
		"SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
	codes = twoDigits + " " + noDigits + " " + threeDigits + " " + fourDigits
)

// codeIndex is where the code stands in codes, or -1.
func codeIndex(code string) int {
	for i := 0; i < 3; i++ {
		if code[i] < 'A' || code[i] > 'Z' {
			return -1
		}
	}
	return strings.Index(codes, code)
}

func digitsAt(index int) int8 {
	switch {
	case index < len(twoDigits):
		return 2
	case index < len(twoDigits)+1+len(noDigits):
		return 0
	case index < len(twoDigits)+1+len(noDigits)+1+len(threeDigits):
		return 3
	default:
		return 4
	}
}
