// A study file: its TOML, its keys, its axes and figures.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/read_or_refuse.hpp"
#include "program/study/study.hpp"

namespace {

digon::CellVocabulary vocabulary() {
  const std::vector<std::string> names{"features", "hidden", "density", "seed", "density-of-0"};
  const auto option_of = [names](const std::string& name) -> std::optional<std::string> {
    if (name == "n") return "features";
    for (const std::string& known : names) {
      if (name == known) return name;
    }
    return std::nullopt;
  };
  return {names, option_of, [](const digon::CellOptions& /*options*/) { return digon::StudyCell{}; }};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  digon::read_or_refuse([&] {
    const digon::Study study = digon::parse_study(text, "study.toml", vocabulary());
    const std::size_t last = study.cells() - 1;
    digon::options_of(study, last);
    digon::swept_feature(study.axes, 3);
  });
  return 0;
}
