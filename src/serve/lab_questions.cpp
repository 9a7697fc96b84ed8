// The chapter's knowledge checks: what its sections on smoothing, scanning, GATT and proximity teach, asked. Numbers are those that moor reckons.

#include "serve/lab.hpp"

#include <boost/json.hpp>
#include <vector>

namespace moor::serve {

namespace json = boost::json;

namespace {

struct Question {
  const char* id;
  const char* topic;
  const char* question;
  std::vector<const char*> answers;
  size_t right;  // of the answers, from 0
  const char* why;
};

std::vector<Question> smoothing_questions() {
  return {
      {.id = "ema-window",
       .topic = "Smoothing",
       .question = "A gateway smooths with alpha = 0.2. As many samples as which simple moving average does that amount to?",
       .answers = {"5 samples", "9 samples", "10 samples", "20 samples"},
       .right = 1,
       .why = "The effective window is 2/alpha - 1 = 2/0.2 - 1 = 9 samples. 1/alpha = 5 is a common slip: that is how far back "
              "the mean weight lies."},
      {.id = "ema-response",
       .topic = "Smoothing",
       .question = "Beacons advertise once a second and alpha is 0.3. How long until the average has followed 95 % of a step?",
       .answers = {"About 1 s", "About 3 s", "About 10 s", "About 30 s"},
       .right = 2,
       .why = "-ln(0.05) / (alpha x f) = 3.0 / (0.3 x 1 Hz) = 10 s. It is an approximation for small alpha: counted exactly, "
              "nine readings are enough."},
      {.id = "ema-rate",
       .topic = "Smoothing",
       .question = "The same alpha = 0.3, but the beacon now advertises ten times a second. What changes?",
       .answers = {"Nothing: alpha decides", "The average follows ten times as slowly",
                   "The average follows ten times as fast and steadies less per second of signal",
                   "The effective window grows to 57 samples"},
       .right = 2,
       .why = "Alpha weighs samples, not seconds. The window is still 5.7 samples, now 0.57 s of signal instead of 5.7 s. A time "
              "constant (tau), or one reading a second from all its samples, makes alpha mean the same at any rate."},
      {.id = "ema-start",
       .topic = "Smoothing",
       .question = "Why does the average begin with the first sample, and not with 0 dBm?",
       .answers = {"0 is not a number in dBm", "It saves a multiplication", "So that alpha may be larger than 1",
                   "0 dBm would look like a device at the antenna and take many samples to forget"},
       .right = 3,
       .why = "0 dBm is stronger than any device a metre away. With alpha = 0.3 and a device at -75 dBm, the average would stay "
              "above -55 dBm, 'immediate', for three readings."},
      {.id = "ema-crowd",
       .topic = "Smoothing",
       .question = "In a crowded shop bodies take 10 to 15 dB away for a few seconds, and devices fall out of their zone. What "
                   "helps most without losing real moves?",
       .answers = {"A smaller alpha, hysteresis, and several readings in a row before a zone changes",
                   "A larger alpha, to follow faster", "Ten times the advertising rate", "Computing distances instead of zones"},
       .right = 0,
       .why = "A smaller alpha takes longer to fall through the limit, hysteresis lowers the limit for who is inside, and min "
              "samples outlasts a short shadow. The price is response time. Ten times the advertising rate costs nine tenths of "
              "the battery's life."}};
}

std::vector<Question> scanning_questions() {
  return {{.id = "scan-threshold",
           .topic = "Scanning and filtering",
           .question = "A scanner keeps what is above -70 dBm. Which of these devices passes?",
           .answers = {"-62 dBm", "-71 dBm", "-75 dBm", "-90 dBm"},
           .right = 0,
           .why = "RSSI is negative: nearer to zero is stronger. -62 dBm is above -70 dBm, the others are below."},
          {.id = "scan-service",
           .topic = "Scanning and filtering",
           .question = "You look for your own sensor among 200 advertisers. What is the sturdiest thing to filter by?",
           .answers = {"Its name", "Its RSSI at the time of the test", "The service UUID that it advertises",
                       "The order in which devices are found"},
           .right = 2,
           .why = "A service UUID says what the device is. Names need not be unique, are often cut or only in the scan response, "
                  "and RSSI changes with whoever stands in between."},
          {.id = "scan-private",
           .topic = "Scanning and filtering",
           .question = "A phone is counted as a new visitor every 15 minutes though it has not moved. Why?",
           .answers = {"Its RSSI is too weak", "The scanner drops duplicates", "It advertises too often",
                       "It changes its resolvable private address; only its identity resolving key tells that it is the same"},
           .right = 3,
           .why = "Phones change their random address, typically every 15 minutes. With the key (IRK) that was exchanged by "
                  "pairing the addresses can be resolved; without it, they cannot be told apart, and should not be."},
          {.id = "scan-one-sample",
           .topic = "Scanning and filtering",
           .question = "One sample of a device is -70 dBm, the next one -58 dBm. It has not moved. What is likely?",
           .answers = {"Fading: reflections add up differently on each of the three advertising channels", "The radio is broken",
                       "The device has raised its power", "The device is really moving at 10 m/s"},
           .right = 0,
           .why = "Single samples stray by 6 dB and more from packet to packet. Collect several and look at their mean or a "
                  "smoothed value."}};
}

std::vector<Question> gatt_questions() {
  return {
      {.id = "gatt-properties",
       .topic = "GATT",
       .question = "A characteristic has the properties READ and NOTIFY. You want each new value as it comes. What do you do?",
       .answers = {"Read it in a loop, as fast as possible", "Write to it first", "Connect again for each value",
                   "Subscribe: the client writes its configuration descriptor (2902), the device sends"},
       .right = 3,
       .why = "A notification is sent when there is something to say, and costs neither side a request. Without READ a read "
              "would be refused; look at the properties first."},
      {.id = "gatt-handle",
       .topic = "GATT",
       .question = "A program stored handle 0x000E of the heart rate measurement. After a firmware update it reads nonsense. "
                   "What should it have kept?",
       .answers = {"The UUID 2A37, and have the handle resolved by service discovery", "The handle and its checksum",
                   "The device's name", "The connection interval"},
       .right = 0,
       .why = "Handles belong to one table of one firmware. UUIDs are the names; discovery, or a cache that is checked for "
              "changes, finds the handle."},
      {.id = "gatt-value",
       .topic = "GATT",
       .question = "The heart rate measurement (2A37) reads 00 52. What is the rate?",
       .answers = {"52 beats a minute", "82 beats a minute", "0 beats a minute", "20,992 beats a minute"},
       .right = 1,
       .why = "The first byte is flags: bit 0 is clear, so the rate is one byte, 0x52 = 82. As one number of two bytes it would "
              "be wrong."},
      {.id = "gatt-error",
       .topic = "GATT",
       .question = "Reading a characteristic ends with ATT error 0x05. What helps?",
       .answers = {"Another UUID", "A larger MTU", "Pairing: the device wants to know who asks",
                   "Waiting for the next advertisement"},
       .right = 2,
       .why = "0x05 is Insufficient Authentication. A handle that does not exist is 0x01, an attribute that was not found 0x0A."},
      {.id = "gatt-link",
       .topic = "GATT",
       .question = "A script reads a sensor each minute and dies after a quarter of an hour with 'not connected'. What is the "
                   "right cure?",
       .answers = {"A longer time-out for reading", "Reading each second, to keep the sensor awake",
                   "Restarting the computer each hour",
                   "Expect the end of links: connect again, waiting longer after each failure"},
       .right = 3,
       .why = "Links end: sensors sleep, people walk away. A session that connects again, with a growing delay, goes on by "
              "itself. Reading more often only empties the battery."}};
}

std::vector<Question> proximity_questions() {
  return {
      {.id = "zone-why",
       .topic = "Proximity",
       .question = "Why do zones serve better than a distance in metres?",
       .answers = {"A few dB more or less are a large factor in metres, but seldom another zone", "They need fewer digits",
                   "RSSI is not defined in metres", "Beacons do not send their power"},
       .right = 0,
       .why =
           "At exponent 2.5, 6 dB are a factor of 1.74: '2.25 m' is anything from 1.3 to 3.9 m. All of that is the zone 'near'."},
      {.id = "zone-hysteresis",
       .topic = "Proximity",
       .question = "A device at the edge of two zones changes between them every few seconds. What stops it?",
       .answers = {"A second receiver", "Setting both limits 1 dB apart",
                   "Hysteresis: the limit for leaving lies some dB below the limit for entering", "A larger alpha"},
       .right = 2,
       .why = "With 4 dB of hysteresis a device that entered 'near' above -70 dBm leaves it only at -74 dBm: wavering in between "
              "changes nothing."},
      {.id = "zone-calibration",
       .topic = "Proximity",
       .question = "An iBeacon says -59, an Eddystone-UID on the same hardware -18. Who is right?",
       .answers = {"The iBeacon", "The Eddystone", "Neither: the power must be positive",
                   "Both: -59 dBm is meant at 1 m, -18 dBm at 0 m, and 41 dB lie between"},
       .right = 3,
       .why = "Eddystone defines its power at 0 m, iBeacon at 1 m. By definition 41 dB are lost on the first metre: -18 - 41 = "
              "-59."},
      {.id = "zone-uwb",
       .topic = "Proximity",
       .question = "Tools must be found to within 30 cm. What do you propose?",
       .answers = {"A smaller alpha", "More beacons of higher power", "Ultra-wideband, which measures time of flight",
                   "A path loss exponent with two decimals"},
       .right = 2,
       .why = "RSSI tells zones of some metres, however it is smoothed. UWB measures how long the signal takes and is good to "
              "some 10 cm; it costs other hardware."},
      {.id = "power-sum",
       .topic = "Proximity",
       .question = "A beacon draws 8 mA for 3 ms once a second. How much is that a day?",
       .answers = {"0.576 mAh", "2.07 mAh", "20.7 mAh", "192 mAh"},
       .right = 0,
       .why = "8 mA x 0.003 s x 86,400 = 2,073.6 mA s, and an hour has 3,600 s: 0.576 mAh. 2.07 comes of dividing by 1,000. Ten "
              "times the rate still costs nine tenths of the days."}};
}

}  // namespace

json::array lab_questions() {
  json::array list;
  for (const auto& questions : {smoothing_questions(), scanning_questions(), gatt_questions(), proximity_questions()})
    for (const Question& each : questions) {
      json::array answers(each.answers.begin(), each.answers.end());
      list.push_back(json::object{{"id", each.id},
                                  {"topic", each.topic},
                                  {"question", each.question},
                                  {"answers", std::move(answers)},
                                  {"right", each.right},
                                  {"why", each.why}});
    }
  return list;
}

}  // namespace moor::serve
