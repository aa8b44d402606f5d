/*
 * Numbers and times of a manifest.  printf and strtod follow the locale of the program around the library,
 * so decimals go through integers; a parsed text is formatted again and compared, which makes every
 * spelling but one an error.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "trust/numbers.h"

int decimal_format(double value, char out[DECIMAL_TEXT])
{
    out[0] = 0;
    if (!(fabs(value) <= 1e9)) return 0; /* also NaN; 1e15 millionths fit a double exactly and an int64 */
    int64_t millionths = llround(value * 1e6);
    const char *sign = millionths < 0 ? "-" : "";
    if (millionths < 0) millionths = -millionths;
    int n = snprintf(out, DECIMAL_TEXT, "%s%" PRId64 ".%06" PRId64, sign, millionths / 1000000,
                     millionths % 1000000);
    while (out[n - 1] == '0') n--;
    if (out[n - 1] == '.') n--;
    out[n] = 0;
    return 1;
}

int decimal_parse(const char *text, double low, double high, double *out)
{
    char again[DECIMAL_TEXT];
    const char *p = text + (*text == '-');
    int64_t millionths = 0, digits = 0, decimals = -1;
    for (; *p; p++) {
        if (*p == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*p < '0' || *p > '9' || ++digits > 16 || decimals == 6) return 0;
        millionths = millionths * 10 + (*p - '0'); /* at most 16 digits: < 1e16 */
        if (decimals >= 0) decimals++;
    }
    for (int64_t i = decimals < 0 ? 0 : decimals; i < 6; i++) {
        if (millionths > INT64_C(1000000000000000)) return 0;
        millionths *= 10;
    }
    double value = (double)(*text == '-' ? -millionths : millionths) / 1e6;
    if (!decimal_format(value, again) || strcmp(text, again) != 0) return 0;
    if (value < low || value > high) return 0;
    *out = value;
    return 1;
}

int integer_parse(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    uint64_t v = 0;
    if (!*text || (text[0] == '0' && text[1])) return 0;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9' || v > (UINT64_MAX - 9) / 10) return 0;
        v = v * 10 + (uint64_t)(*p - '0');
    }
    if (v < low || v > high) return 0;
    *out = v;
    return 1;
}

int time_format(int64_t seconds, char out[TIME_TEXT])
{
    time_t t = (time_t)seconds;
    struct tm tm;
    out[0] = 0;
    if (seconds < 0 || seconds > TIME_LAST || !gmtime_r(&t, &tm)) return 0;
    return strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 20;
}

int time_parse(const char *text, int64_t *seconds)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    char again[TIME_TEXT];
    int part[6] = {0}, k = 0;
    if (strlen(text) != sizeof form - 1) return 0;
    for (size_t i = 0; form[i]; i++) {
        int digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == 'd' ? !digit : text[i] != form[i]) return 0;
        if (digit)
            part[k] = part[k] * 10 + (text[i] - '0');
        else
            k++;
    }
    struct tm tm = {.tm_year = part[0] - 1900,
                    .tm_mon = part[1] - 1,
                    .tm_mday = part[2],
                    .tm_hour = part[3],
                    .tm_min = part[4],
                    .tm_sec = part[5]};
    int64_t t = (int64_t)timegm(&tm);
    if (!time_format(t, again) || strcmp(text, again) != 0) return 0;
    *seconds = t;
    return 1;
}
