// Two models whose weights are files in the folder argv[1].
#include "encoder.h"
#include "graphopt.hpp"
#include "image.h"

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  std::string folder = argv[1];
  graphopt::Weights encoderWeights(encoder_model, folder + "/encoder.weights");
  graphopt::Weights imageWeights(image_model, folder + "/image.weights");
  graphopt::Model encoder(encoder_model, &encoderWeights);
  graphopt::Model image(image_model, &imageWeights);
  graphopt::Pool pool(image_model, 2);

  graphopt::Tensor pixels(GRAPHOPT_FLOAT, {1, 3, 64, 64});
  graphopt::Tensor ids(GRAPHOPT_INT64, {1, 7});
  if (image.run({pixels}, pool.context())[0].size() != 10 ||
      encoder.run({ids, ids}, pool.context())[0].size() != 7 * 72)
    return 3;
  try {
    graphopt::Model(image_model).run({pixels});
    return 4;
  } catch (const graphopt::Error &error) {
    if (error.status != GRAPHOPT_NO_WEIGHTS)
      return 5;
  }
  try {
    graphopt::Weights wrong(image_model, folder + "/encoder.weights");
    return 6;
  } catch (const graphopt::Error &error) {
    if (error.status != GRAPHOPT_BAD_WEIGHTS)
      return 7;
  }
}
