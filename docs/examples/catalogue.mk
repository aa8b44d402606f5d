# Signs a catalogue: every artwork in art/ whose lot stands in lots.csv (file,gtin,lot,expiry), those only that changed.
#
#   make -f catalogue.mk -j4 KEY=keys/Ennova.key CERT=keys/Ennova.crt
#
# signed/NAME.tif goes to plate, signed/NAME.xml to the printer, signed/NAME.ok says that both were checked.
KEY  ?= keys/issuer.key
CERT ?= keys/issuer.crt
LOTS ?= lots.csv
SIGN_OPTIONS ?=

NAMES := $(shell sed -n '2,$$s/^\([^,]*\)\.tif,.*/\1/p' $(LOTS))
fact   = $(shell sed -n 's/^$(1)\.tif,//p' $(LOTS) | cut -d, -f$(2))

all: $(NAMES:%=signed/%.ok)

signed/%.tif: art/%.tif $(LOTS)
	@mkdir -p signed
	ennsign -q --force -k $(KEY) -c $(CERT) --gtin $(call fact,$*,1) --lot $(call fact,$*,2) --expiry $(call fact,$*,3) \
	  $(SIGN_OPTIONS) $< -o $@ -m signed/$*.xml

# Nothing but the mark may have changed, and the mark must read and name this lot.
signed/%.ok: signed/%.tif
	enninspect -q --diff -t $(CERT) -m signed/$*.xml art/$*.tif $<
	ennverify -q -t $(CERT) -m signed/$*.xml $<
	@touch $@

clean:
	rm -rf signed

.PHONY: all clean
.SECONDARY:
.DELETE_ON_ERROR:
